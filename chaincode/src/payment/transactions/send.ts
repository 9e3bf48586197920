import type { paymentCommands } from '@roamgrid/wire';
import { getUtility } from '../../consortium/registry.ts';
import { ensure, requireMember, type Verb } from '../../context/index.ts';
import { getPayment, putPayment, requireStanding, sendingOf } from '../payments.ts';

/** The payer says how it paid. Told again with another reference after the first came to nothing or to less. */
export const send: Verb<typeof paymentCommands.send> = async (tx, { paymentId, means }) => {
  const payment = await getPayment(tx, paymentId);
  requireMember(tx.caller, await getUtility(tx, payment.payer), ['operator', 'aaa']);
  await requireStanding(tx, payment);
  ensure(
    payment.state !== 'confirmed' && payment.state !== 'doubled',
    'WRONG_STATE',
    `payment ${paymentId} is ${payment.state}: nothing more is owed for it`,
  );
  const text = sendingOf(means);
  ensure(
    !payment.sent.some((before) => sendingOf(before) === text),
    'CONFLICT',
    `payment ${paymentId} was sent so already: what is sent again has a reference of its own`,
  );
  putPayment(tx, { ...payment, sent: [...payment.sent, means] });
};
