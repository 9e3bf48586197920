import { z } from 'zod';
import { currencyCode, instantMs, microsCodec, naturalMicrosCodec, recordId } from '../codec/scalars.ts';

/** Payouts of shares to infrastructure providers, as a utility's AAA node keeps them and its desk pays them. Spec: ROAM-27. */

/**
 * `due` until it was ordered and left, `paid` when the own account was debited, `returned` when the money came back,
 * `carried` when less than a payable unit, or nothing, is owed.
 */
export const payoutState = z.enum(['due', 'paid', 'returned', 'carried']);

/** A payout: shares since the last one and what that one carried over, down to whole payable units; the rest is carried on. */
export const payout = z.strictObject({
  payoutId: recordId,
  providerId: recordId,
  periodId: recordId,
  currency: currencyCode,
  /** Below zero when disputes took back more than sessions brought. */
  shareMicros: microsCodec,
  broughtMicros: microsCodec,
  amountMicros: naturalMicrosCodec,
  carriedMicros: microsCodec,
  state: payoutState,
  /** End-to-end ids under which money left, and of these those that came back. */
  sent: z.array(z.string()),
  cameBack: z.array(z.string()),
  madeAtMs: instantMs,
});
export type Payout = z.infer<typeof payout>;

/** Whether a payment's id is a payout's: members' payments begin otherwise. */
export const isPayoutId = (paymentId: string): boolean => paymentId.startsWith('out-');

/** `GET /operator/v1/payouts` and `POST /operator/v1/periods/{periodId}/payouts` */
export const payoutPage = z.strictObject({
  payouts: z.array(payout),
  /** `after` of the next page; absent on the last. */
  cursor: recordId.exactOptional(),
});

/** `POST /operator/v1/payouts/{payoutId}/transfers`: what the utility's own bank booked. */
export const payoutTransfer = z.strictObject({
  endToEndId: z.string().min(1).max(35),
  state: z.enum(['paid', 'returned']),
});
