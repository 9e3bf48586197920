import { toBaseUnits } from '@roamgrid/escrow';
import type { PaymentRecord } from '@roamgrid/wire';
import { takeIn } from './net-in.ts';
import { payOut } from './net-out.ts';
import type { NetPayment, NetPaymentsContext } from './net-steps.ts';

/** So long after its netting it is looked whether the chain still has what came. */
const WATCHED_MS = 7 * 86_400_000;

/** A payment between two that pay each other by token, as the chain is to have it. */
const netPaymentOf = async (
  { own, settings, netting }: NetPaymentsContext,
  record: PaymentRecord,
): Promise<NetPayment | undefined> => {
  const payer = netting.members[record.payer];
  const payee = netting.members[record.payee];
  if (payer === undefined || payee === undefined || record.currency !== settings.currency) return undefined;
  const { paymentId, amountMicros } = record;
  const { baseUnits, carriedMicros } = toBaseUnits(amountMicros, await own.decimals());
  if (carriedMicros !== 0n)
    throw new Error(`NOT_EXACT: the token cannot carry ${amountMicros} of ${paymentId}: pay it by bank`);
  return { record, onChain: { paymentId, payer, payee, token: settings.token, amount: baseUnits } };
};

/** One round over what the utility pays and is paid by token; every step is told once, and one that waits holds up no other. */
export const createNetPayments = (context: NetPaymentsContext) => async (): Promise<void> => {
  const { utilityId, ledger, nowMs, log } = context;
  const records = await ledger.ownPayments(Math.max(0, nowMs() - WATCHED_MS));
  const failed: unknown[] = [];
  for (const record of records) {
    try {
      const payment = await netPaymentOf(context, record);
      if (payment === undefined) continue;
      await (record.payer === utilityId ? payOut(context, payment) : takeIn(context, payment));
    } catch (thrown) {
      failed.push(thrown);
      log.warn({ err: thrown, payment: record.paymentId }, 'a payment by token waits');
    }
  }
  if (failed.length > 0) throw new Error(`${failed.length} payments by token wait`, { cause: failed[0] });
};
