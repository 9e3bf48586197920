import { currencyCode, unwrap, type CurrencyCode, type MinorAmount } from '@roamgrid/domain';
import { accountHolder, type AccountHolder } from '../iso20022/parties.ts';

/** Account holders of tests: invented names, numbers that no bank gave. */
export const HOLDERS = {
  alabama: accountHolder.parse({
    name: 'Alabama Power',
    account: { number: '000111222333' },
    agent: { clearingSystem: 'USABA', memberId: '999999992' },
  }),
  duke: accountHolder.parse({
    name: 'Duke Energy',
    account: { number: '000444555666' },
    agent: { clearingSystem: 'USABA', memberId: '999999984' },
  }),
  ostsee: accountHolder.parse({
    name: 'Stadtwerke Østersø & Söhne',
    account: { iban: 'DE89370400440532013000' },
    agent: { bic: 'TESTDEFFXXX' },
  }),
} as const satisfies Record<string, AccountHolder>;

export const code = (text: string): CurrencyCode => unwrap(currencyCode(text));
export const amount = (currency: string, minor: bigint): MinorAmount => ({ currency: code(currency), minor });
