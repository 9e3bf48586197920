import { stateKey, unmatchedRecord, type paymentCommands } from '@roamgrid/wire';
import { mspIdsOf } from '../../consortium/agreement.ts';
import { getUtility } from '../../consortium/registry.ts';
import { ensure, requireMember, type Verb } from '../../context/index.ts';
import { getPayment, markReceipt, putPayment, requireStanding, withReceipt } from '../payments.ts';

/** Money came that names no payment: it is kept in sight until it is matched or given back. */
export const unmatched: Verb<typeof paymentCommands.unmatched> = async (tx, { utilityId, receipt }) => {
  const utility = await getUtility(tx, utilityId);
  requireMember(tx.caller, utility, ['operator', 'aaa']);
  const key = stateKey.unmatched(utilityId, receipt.receiptId);
  await tx.requireAbsent(key);
  await markReceipt(tx, utilityId, receipt);
  tx.put(
    unmatchedRecord,
    key,
    { type: 'unmatched', version: 1, utilityId, receipt, state: 'open' },
    { endorsers: mspIdsOf([utility]) },
  );
};

/** What was unmatched turns out to be of a payment. */
export const match: Verb<typeof paymentCommands.match> = async (tx, { utilityId, receiptId, paymentId }) => {
  requireMember(tx.caller, await getUtility(tx, utilityId), ['operator', 'aaa']);
  const key = stateKey.unmatched(utilityId, receiptId);
  const found = await tx.get(unmatchedRecord, key);
  ensure(found.state === 'open', 'WRONG_STATE', `receipt ${receiptId} is ${found.state} already`);
  const payment = await getPayment(tx, paymentId);
  ensure(payment.payee === utilityId, 'FORBIDDEN', `payment ${paymentId} is not to ${utilityId}`);
  await requireStanding(tx, payment);
  putPayment(tx, withReceipt(payment, found.receipt));
  tx.put(unmatchedRecord, key, { ...found, version: found.version + 1, state: 'matched', paymentId });
};

/** What was unmatched went back to whom it came from. */
export const giveBack: Verb<typeof paymentCommands.giveBack> = async (tx, { utilityId, receiptId }) => {
  requireMember(tx.caller, await getUtility(tx, utilityId), ['operator', 'aaa']);
  const key = stateKey.unmatched(utilityId, receiptId);
  const found = await tx.get(unmatchedRecord, key);
  ensure(found.state === 'open', 'WRONG_STATE', `receipt ${receiptId} is ${found.state} already`);
  tx.put(unmatchedRecord, key, { ...found, version: found.version + 1, state: 'returned' });
};
