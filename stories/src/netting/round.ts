import {
  auditedInvoicePage,
  countedMicros,
  naturalMicrosCodec,
  nettedPosition,
  paymentState,
  type PaymentRecord,
} from '@roamgrid/wire';
import { z } from 'zod';
import { netRound, nettingIn, type AuditedNetting } from '../scenario/settle.ts';
import type { RunningUtility } from '../system/utility.ts';
import { CURRENCY } from './cast.ts';
import type { NettingStage, Ride } from './stage.ts';

/** What one utility invoiced another, as its own books have it. */
export const invoiced = z.strictObject({
  invoiceId: z.string(),
  vun: z.string(),
  hun: z.string(),
  state: z.string(),
  totalMicros: naturalMicrosCodec,
  payableMicros: naturalMicrosCodec,
});
export type Invoiced = z.infer<typeof invoiced>;

/** A payment, and what came for it. */
export const paid = z.strictObject({
  paymentId: z.string(),
  payer: z.string(),
  payee: z.string(),
  amountMicros: naturalMicrosCodec,
  state: paymentState,
  /** What told of the money, and how much of it counts. */
  by: z.array(z.enum(['bank', 'token'])),
  countedMicros: naturalMicrosCodec,
});
export type Paid = z.infer<typeof paid>;

/** One round of netting, as it was in the end. */
export const roundSeen = z.strictObject({
  nettingId: z.string(),
  invoices: z.array(invoiced),
  positions: z.array(nettedPosition),
  payments: z.array(paid),
  pairs: z.int(),
  carriedPairs: z.int(),
});
export type RoundSeen = z.infer<typeof roundSeen>;

/** All invoices of a period, each from the books of whoever wrote it. */
export const invoicesOf = async (
  utilities: readonly RunningUtility[],
  periodId: string,
): Promise<readonly Invoiced[]> => {
  const found: Invoiced[] = [];
  for (const utility of utilities) {
    const { utilityId } = utility.definition;
    const url = `${utility.gateway.url}/auditor/v1/invoices?utilityId=${utilityId}&periodId=${periodId}&limit=500`;
    const { items } = await utility.auditor('GET', url, undefined, auditedInvoicePage);
    for (const { record, body, state } of items) {
      if (body === undefined || record.vun !== utilityId) continue;
      const { totalMicros, payableMicros } = body;
      const { invoiceId, vun, hun } = record;
      found.push({ invoiceId, vun, hun, state, totalMicros, payableMicros });
    }
  }
  return found;
};

export const paidOf = (payments: readonly PaymentRecord[]): readonly Paid[] =>
  payments.map((payment) => ({
    paymentId: payment.paymentId,
    payer: payment.payer,
    payee: payment.payee,
    amountMicros: payment.amountMicros,
    state: payment.state,
    by: payment.receipts.map(({ of }) => of.kind),
    countedMicros: countedMicros(payment),
  }));

/** A netting with the invoices that are in it. */
export const roundOf = (netting: AuditedNetting, invoices: readonly Invoiced[]): RoundSeen => {
  const { record } = netting;
  return {
    nettingId: record.nettingId,
    invoices: [...invoices],
    positions: [...record.positions],
    payments: [...paidOf(netting.payments)],
    pairs: record.pairs.length,
    carriedPairs: record.carriedPairs.length,
  };
};

export interface Lived {
  readonly periodId: string;
  readonly round: RoundSeen;
  /** Of what was charged in it. */
  readonly sessionIds: readonly string[];
}

/** Sessions, their invoices, one netting, and everything paid. */
export const liveRound = async (
  stage: NettingStage,
  rides: readonly (Ride & { readonly cin?: string })[],
  pay: (payment: PaymentRecord) => Promise<void>,
): Promise<Lived> => {
  const { periodId, cdrs } = await stage.charge(rides);
  const before = await invoicesOf(stage.utilities, periodId);
  await stage.invoice(periodId);
  const [caller] = stage.utilities;
  if (caller === undefined) throw new Error('somebody calls a round');
  const open = await netRound(caller, periodId, CURRENCY);
  for (const payment of open.payments) await pay(payment);
  const settled = await nettingIn(caller, periodId, open.record.round, CURRENCY, 'settled');
  const isKnown = new Set(before.map(({ invoiceId }) => invoiceId));
  const invoices = (await invoicesOf(stage.utilities, periodId)).filter(
    ({ invoiceId }) => !isKnown.has(invoiceId),
  );
  return { periodId, round: roundOf(settled, invoices), sessionIds: cdrs.map(({ sessionId }) => sessionId) };
};
