import { createHash } from 'node:crypto';
import { currencyCode, unwrap, wholeMinor, type MinorAmount } from '@roamgrid/domain';
import type { AccountHolder } from '../iso20022/parties.ts';
import { writeCreditTransfer, type ChargeBearer } from '../iso20022/write-credit-transfer.ts';
import type { Attempt, OrderFact } from './book.ts';
import { endToEndIdOf } from './end-to-end.ts';
import type { LedgerPayment } from './payment-ledger.ts';

/** A bank that refuses for these takes the same order at another time. Spec: ExternalStatusReason1Code. */
const PASSING = new Set(['AM04', 'TM01', 'AB05', 'AB06', 'AB08']);
/** Then it is a person's turn. */
const MAX_ATTEMPTS_ALONE = 3;

/** Whoever pays, his account, and the accounts of those whom he pays. */
export interface Accounts {
  readonly own: AccountHolder;
  readonly others: ReadonlyMap<string, AccountHolder>;
  readonly chargeBearer: ChargeBearer;
}

export interface Planned {
  readonly payment: LedgerPayment;
  readonly attempt: number;
  readonly amount: MinorAmount;
}

const counted = ({ receipts }: LedgerPayment): bigint =>
  receipts.reduce((sum, { state, amountMicros }) => (state === 'counted' ? sum + amountMicros : sum), 0n);

/** Whether what was tried is over, so that another attempt pays nothing twice. */
const isOver = ({ state }: Attempt): boolean => state === 'rejected' || state === 'returned';

/**
 * What is to be ordered now: everything due that was never tried, what a bank refused for something that passes, and what a
 * person asked to be tried again: then what is still owed by the ledger.
 */
export const plannedOrders = (
  payments: readonly LedgerPayment[],
  attempts: readonly Attempt[],
  utilityId: string,
  asked: ReadonlySet<string>,
): readonly Planned[] =>
  payments.flatMap((payment): readonly Planned[] => {
    if (payment.payer !== utilityId || payment.state === 'confirmed' || payment.state === 'doubled')
      return [];
    const tried = attempts.filter(({ paymentId }) => paymentId === payment.paymentId);
    const last = tried.at(-1);
    const owed = payment.amountMicros - counted(payment);
    const currency = unwrap(currencyCode(payment.currency));
    const plan = { payment, attempt: tried.length + 1, amount: unwrap(wholeMinor(currency, owed)) };
    if (last === undefined) return payment.sent.length === 0 && payment.state === 'due' ? [plan] : [];
    const isPassing =
      last.state === 'rejected' &&
      tried.length < MAX_ATTEMPTS_ALONE &&
      last.reasons.some(({ code }) => PASSING.has(code));
    if (isPassing) return [plan];
    if (!asked.has(payment.paymentId)) return [];
    // What left and did not come back is still on its way, unless the payee says that it came to less; what the ledger says
    // before it was told of this attempt is of an earlier one.
    const isKnown = payment.sent.includes(last.endToEndId);
    const isToBePaidAgain =
      isOver(last) ||
      (last.state === 'paid' && isKnown && payment.state !== 'sent' && payment.state !== 'due');
    return isToBePaidAgain ? [plan] : [];
  });

/** One order of all that is planned and whose payee's account is known. The same plan makes the same ids. */
export const orderOf = (
  planned: readonly Planned[],
  accounts: Accounts,
  atMs: number,
): OrderFact | undefined => {
  const known = planned.filter(({ payment }) => accounts.others.has(payment.payee));
  if (known.length === 0) return undefined;
  const ids = known.map(({ payment, attempt }) => endToEndIdOf(payment.paymentId, attempt));
  const digest = (...parts: readonly string[]) =>
    createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 24).toUpperCase();
  const orderId = `RG${digest(...ids)}`;
  const transfers = known.map(({ payment, attempt, amount }) => {
    const endToEndId = endToEndIdOf(payment.paymentId, attempt);
    return {
      paymentId: payment.paymentId,
      attempt,
      endToEndId,
      instructionId: `I${digest(endToEndId)}`,
      amount,
    };
  });
  const text = writeCreditTransfer({
    messageId: orderId,
    createdAtMs: atMs,
    debtor: accounts.own,
    chargeBearer: accounts.chargeBearer,
    executionDate: new Date(atMs).toISOString().slice(0, 10),
    transfers: transfers.map((transfer, at) => {
      const creditor = accounts.others.get(known[at]?.payment.payee ?? '');
      if (creditor === undefined) throw new Error('the account is known, it was looked up');
      return { ...transfer, creditor, remittance: `Roaming ${known[at]?.payment.periodId ?? ''}` };
    }),
  });
  return { kind: 'order', orderId, atMs, transfers, text };
};
