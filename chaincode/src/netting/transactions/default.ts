import {
  countedMicros,
  defaultRecord,
  NETTING_TIMES,
  paymentRecord,
  stateKey,
  type nettingCommands,
} from '@roamgrid/wire';
import { getUtility } from '../../consortium/registry.ts';
import { ensure, requireMember, type Verb } from '../../context/index.ts';

/**
 * A payee says that a payer did not pay by the date and the grace. From then on the round can be netted anew without the
 * payer; whether it goes on as a member is for a vote.
 */
export const sayDefault: Verb<typeof nettingCommands.default> = async (tx, { nettingId, paymentId }) => {
  const payment = await tx.get(paymentRecord, stateKey.payment(paymentId));
  ensure(payment.nettingId === nettingId, 'INVALID_ARGUMENT', `payment ${paymentId} is not of ${nettingId}`);
  requireMember(tx.caller, await getUtility(tx, payment.payee), ['operator']);
  const untilMs = payment.dueAtMs + NETTING_TIMES.graceMs;
  ensure(
    countedMicros(payment) < payment.amountMicros,
    'WRONG_STATE',
    `payment ${paymentId} is ${payment.state}: all of it came`,
  );
  ensure(tx.nowMs > untilMs, 'WRONG_STATE', `${payment.payer} has until ${untilMs} to pay ${paymentId}`);
  const key = stateKey.default(nettingId, payment.payer);
  await tx.requireAbsent(key);
  tx.put(defaultRecord, key, {
    type: 'default',
    version: 1,
    nettingId,
    utilityId: payment.payer,
    paymentId,
    saidBy: payment.payee,
    saidAtMs: tx.nowMs,
  });
};
