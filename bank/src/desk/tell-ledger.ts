import { microsOfMinor } from '@roamgrid/domain';
import { accountKey, type AccountHolder } from '../iso20022/parties.ts';
import type { Book, Came } from './book.ts';
import { paymentIdOf } from './end-to-end.ts';
import type { BankReceipt, LedgerPayment, PaymentLedger } from './payment-ledger.ts';

/** Why money that came is of no payment; it is kept in sight on the ledger until a person knows more. */
export type Unmatched = 'no such payment' | 'from another account';

/** The payment that money is of: by the end-to-end id, and by the account of whoever owes it, where the bank names one. */
export const matchOf = (
  { movement }: Came,
  payments: readonly LedgerPayment[],
  utilityId: string,
  others: ReadonlyMap<string, AccountHolder>,
): LedgerPayment | Unmatched => {
  const { endToEndId, counterparty } = movement;
  const paymentId = endToEndId === undefined ? undefined : paymentIdOf(endToEndId);
  const payment = payments.find((each) => each.paymentId === paymentId && each.payee === utilityId);
  if (payment === undefined) return 'no such payment';
  const payer = others.get(payment.payer);
  const isOther =
    payer !== undefined &&
    counterparty.account !== undefined &&
    accountKey(payer.account) !== counterparty.account;
  return isOther ? 'from another account' : payment;
};

/** Money counts from the day on which the bank values it. */
const receiptOf = ({ movement, statementHash }: Came): BankReceipt => ({
  receiptId: movement.movementId,
  entryReference: movement.reference.slice(0, 35),
  endToEndId: movement.endToEndId,
  statementHash,
  currency: movement.amount.currency,
  amountMicros: microsOfMinor(movement.amount),
  valueAtMs: Date.parse(movement.valuedOn ?? movement.bookedOn ?? '1970-01-01'),
});

/**
 * Tells the ledger what the bank has booked and it does not know yet. It is compared each time, so that nothing is lost
 * when a round ends in the middle, and nothing told twice. What the ledger refuses is tried again, and holds nothing else up.
 */
export const tellLedger = async (
  book: Book,
  ledger: PaymentLedger,
  own: { readonly utilityId: string; readonly others: ReadonlyMap<string, AccountHolder> },
  nowMs: number,
): Promise<readonly { readonly what: string; readonly thrown: unknown }[]> => {
  const payments = await ledger.payments();
  const known = new Set(await ledger.unmatched());
  const refused: { what: string; thrown: unknown }[] = [];
  const attempt = async (what: string, tell: () => Promise<void>): Promise<void> => {
    try {
      await tell();
    } catch (thrown) {
      refused.push({ what, thrown });
    }
  };

  for (const { paymentId, endToEndId, state } of book.attempts) {
    const payment = payments.find((each) => each.paymentId === paymentId);
    if (
      state === 'returned' &&
      payment?.sent.includes(endToEndId) &&
      payment.cameBack?.includes(endToEndId) === false
    )
      await attempt(`${endToEndId} came back`, async () => ledger.comeBack?.(paymentId, endToEndId));
    const hasLeft = state === 'paid' || state === 'returned' || state === 'doubled';
    if (!hasLeft || payment === undefined || payment.sent.includes(endToEndId)) continue;
    if (payment.state === 'confirmed' || payment.state === 'doubled') continue;
    await attempt(`${endToEndId} sent`, () => ledger.send(paymentId, endToEndId));
  }
  for (const came of book.came) {
    const receipt = receiptOf(came);
    if (receipt.valueAtMs > nowMs) continue;
    const payment = matchOf(came, payments, own.utilityId, own.others);
    if (typeof payment === 'string') {
      if (!known.has(receipt.receiptId))
        await attempt(`${receipt.receiptId} unmatched`, () => ledger.keepUnmatched(receipt));
      continue;
    }
    const told = payment.receipts.find(({ receiptId }) => receiptId === receipt.receiptId);
    if (told === undefined)
      await attempt(`${receipt.receiptId} received`, () => ledger.receive(payment.paymentId, receipt));
    if (came.takenBack !== undefined && told?.state !== 'reversed' && told?.state !== 'returned')
      await attempt(`${receipt.receiptId} taken back`, () =>
        ledger.undo(payment.paymentId, receipt.receiptId),
      );
  }
  return refused;
};
