import type { paymentCommands } from '@roamgrid/wire';
import { getUtility } from '../../consortium/registry.ts';
import { requireMember, type Verb } from '../../context/index.ts';
import {
  getPayment,
  markReceipt,
  putPayment,
  requireReference,
  requireStanding,
  withReceipt,
} from '../payments.ts';

/** The payee says that money came for a payment: enough, less, more, or of another currency. */
export const receive: Verb<typeof paymentCommands.receive> = async (tx, { paymentId, receipt }) => {
  const payment = await getPayment(tx, paymentId);
  requireMember(tx.caller, await getUtility(tx, payment.payee), ['operator', 'aaa']);
  await requireStanding(tx, payment);
  requireReference(payment, receipt);
  const changed = withReceipt(payment, receipt);
  await markReceipt(tx, payment.payee, receipt);
  putPayment(tx, changed);
};
