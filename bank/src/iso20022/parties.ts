import { z } from 'zod';
import { bankText, isBankId } from './bank-text.ts';

const named = (maxLength: number) =>
  z.string().transform((text, context) => {
    const plain = bankText(text, maxLength);
    if (plain.ok) return plain.value;
    context.addIssue({ code: 'custom', message: `${plain.error.code}: ${plain.error.message}` });
    return z.NEVER;
  });

/** Remainder of the digits of an IBAN, letters as 10 to 35, by 97. Spec: ISO 13616, ISO 7064 MOD 97-10. */
const ibanRemainder = (iban: string): number =>
  Array.from(`${iban.slice(4)}${iban.slice(0, 4)}`).reduce((rest, letter) => {
    const value = parseInt(letter, 36);
    return (rest * (value > 9 ? 100 : 10) + value) % 97;
  }, 0);

export const iban = z
  .string()
  .regex(/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/, 'an IBAN without spaces')
  .refine((text) => ibanRemainder(text) === 1, 'the check digits of the IBAN are wrong');

/** An account: by its IBAN where there are any, else by the number that its bank gave it. */
export const bankAccount = z.union([
  z.strictObject({ iban }),
  z.strictObject({ number: z.string().max(34).refine(isBankId, 'a number that banks pass on') }),
]);
export type BankAccount = z.infer<typeof bankAccount>;

/** A bank: by its BIC, or by its number in a national clearing system such as `USABA`. */
export const bankAgent = z.union([
  z.strictObject({ bic: z.string().regex(/^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$/, 'a BIC') }),
  z.strictObject({
    clearingSystem: z.string().regex(/^[A-Z]{5}$/, 'a code of five capital letters such as USABA'),
    memberId: z.string().regex(/^[A-Z0-9]{1,35}$/, 'the bank’s number there'),
  }),
]);
export type BankAgent = z.infer<typeof bankAgent>;

/** Who has an account where. */
export const accountHolder = z.strictObject({
  /** As banks pass it on. Spec: SEPA takes 70 characters of the 140. */
  name: named(70),
  account: bankAccount,
  agent: bankAgent,
});
export type AccountHolder = z.infer<typeof accountHolder>;

/** The one spelling of an account: how what a bank writes is compared with what we know. */
export const accountKey = (account: BankAccount): string =>
  'iban' in account ? account.iban : account.number.replaceAll(/[\s-]/g, '').toUpperCase();
