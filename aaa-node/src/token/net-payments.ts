import { toBaseUnits } from '@roamgrid/escrow';
import type { PaymentRecord } from '@roamgrid/wire';
import { takeIn } from './net-in.ts';
import { bringBack } from './net-back.ts';
import { isToPay, payOut } from './net-out.ts';
import type { NetPayment, NetPaymentsContext } from './net-steps.ts';
import { begunPayments } from './net-turns.ts';

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

/**
 * One round over what the utility pays and is paid by token, and over what it put in and is to have back; every step is told
 * once, and one that waits holds up no other.
 */
export const createNetPayments = (context: NetPaymentsContext) => {
  /** Payments that their payees have. */
  const done = new Set<string>();
  return async (): Promise<void> => {
    const { utilityId, ledger, nowMs, log, own } = context;
    const records = await ledger.ownPayments(Math.max(0, nowMs() - WATCHED_MS));
    const failed: unknown[] = [];
    const attempt = async (paymentId: string, work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (thrown) {
        failed.push(thrown);
        log.warn({ err: thrown, payment: paymentId }, 'a payment by token waits');
      }
    };
    const toPay = new Set<string>();
    for (const record of records)
      await attempt(record.paymentId, async () => {
        const payment = await netPaymentOf(context, record);
        if (payment === undefined) return;
        if (record.payer !== utilityId) return takeIn(context, payment);
        if (isToPay(context, payment)) toPay.add(record.paymentId);
        await payOut(context, payment);
      });
    for (const paymentId of begunPayments(own.sender)) {
      // One that the ledger still tells of is looked at each time: the chain may have taken it back.
      if (done.has(paymentId) && !records.some((record) => record.paymentId === paymentId)) continue;
      await attempt(paymentId, async () => {
        if (!(await bringBack(context, paymentId, toPay.has(paymentId)))) done.add(paymentId);
      });
    }
    if (failed.length > 0) throw new Error(`${failed.length} payments by token wait`, { cause: failed[0] });
  };
};
