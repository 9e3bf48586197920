import type { InvoiceId, SessionId } from '../ids/index.ts';
import { compareMoney, subtractMoney, zeroMoney, type CurrencyMismatch, type Money } from '../money/index.ts';
import { err, ok, type DomainError, type Result } from '../result/index.ts';

/** Takes back part or all of one session on an invoice. The invoice itself is never edited. */
export interface CreditNote {
  readonly invoiceId: InvoiceId;
  readonly sessionId: SessionId;
  /** Above zero: so much the home utility owes less. */
  readonly amount: Money;
  readonly reason: string;
}

export type CreditNoteError = DomainError<'CREDIT_NOT_POSITIVE' | 'CREDIT_EXCEEDS_INVOICED'>;

/**
 * What is still owed for a session after its credit notes, from the invoiced amount down to zero and never below: a
 * session that is credited whole reconciles to zero.
 */
export const outstandingAfterCredits = (
  invoiced: Money,
  credits: readonly Pick<CreditNote, 'amount'>[],
): Result<Money, CreditNoteError | CurrencyMismatch> => {
  let outstanding = invoiced;
  for (const { amount } of credits) {
    if (amount.micros <= 0n) {
      return err({
        code: 'CREDIT_NOT_POSITIVE',
        message: `a credit note takes back more than ${amount.micros} micros`,
      });
    }
    const rest = subtractMoney(outstanding, amount);
    if (!rest.ok) return rest;
    if (rest.value.micros < 0n) {
      const message = `credit notes take back ${-rest.value.micros} micros more than was invoiced`;
      return err({ code: 'CREDIT_EXCEEDS_INVOICED', message });
    }
    outstanding = rest.value;
  }
  return ok(outstanding);
};

export interface Revision {
  /** The credit that takes the difference back, absent when the revision is not lower. */
  readonly credit?: Money;
  /** The charge that adds the difference, absent when the revision is not higher. */
  readonly supplement?: Money;
}

/** The records that turn an invoiced amount into a revised one: `invoiced − credit + supplement = revised`. */
export const revisionOf = (invoiced: Money, revised: Money): Result<Revision, CurrencyMismatch> => {
  const difference = subtractMoney(revised, invoiced);
  if (!difference.ok) return difference;
  const sign = compareMoney(difference.value, zeroMoney(invoiced.currency));
  if (!sign.ok) return sign;
  if (sign.value === 0) return ok({});
  const { currency, micros } = difference.value;
  return ok(sign.value > 0 ? { supplement: difference.value } : { credit: { currency, micros: -micros } });
};
