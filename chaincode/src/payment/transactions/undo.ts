import type { paymentCommands } from '@roamgrid/wire';
import { getUtility } from '../../consortium/registry.ts';
import { ensure, refuse, requireMember, type Verb } from '../../context/index.ts';
import { getPayment, putPayment, requireStanding } from '../payments.ts';

/** What came is gone again: taken back by bank or chain, or given back because it was too much or of another currency. */
export const undo: Verb<typeof paymentCommands.undo> = async (tx, { paymentId, receiptId, how }) => {
  const payment = await getPayment(tx, paymentId);
  requireMember(tx.caller, await getUtility(tx, payment.payee), ['operator', 'aaa']);
  await requireStanding(tx, payment);
  const found =
    payment.receipts.find((each) => each.receiptId === receiptId) ??
    refuse('NOT_FOUND', `payment ${paymentId} has no receipt ${receiptId}`);
  ensure(
    found.state === 'counted' || found.state === 'other-currency',
    'WRONG_STATE',
    `receipt ${receiptId} is ${found.state} already`,
  );
  const receipts = payment.receipts.map((each) => (each === found ? { ...found, state: how } : each));
  putPayment(tx, { ...payment, receipts });
};
