import { z } from 'zod';
import type { NettingRecord } from './netting.ts';
import type { PaymentRecord } from './payment.ts';

/** Where a netting stands: what its payments make of it, or that a later cast took its place. */
export const nettingState = z.enum(['open', 'settled', 'replaced']);
export type NettingState = z.infer<typeof nettingState>;

type Paid = Pick<PaymentRecord, 'paymentId' | 'payer' | 'payee' | 'state'>;

/** Payments that hold after the last of some casts: its own, and those of earlier ones that were begun between members that stayed. */
export const standingPayments = <P extends Paid>(
  casts: readonly Pick<NettingRecord, 'without' | 'payments'>[],
  payments: readonly P[],
): readonly P[] => {
  const latest = casts.at(-1);
  if (latest === undefined) return [];
  const own = new Set(latest.payments.map(({ paymentId }) => paymentId));
  return payments.filter(
    ({ paymentId, payer, payee, state }) =>
      own.has(paymentId) ||
      (state !== 'due' && !latest.without.includes(payer) && !latest.without.includes(payee)),
  );
};

/** The state of each of a round's and currency's casts, in their order. */
export const nettingStates = (
  casts: readonly Pick<NettingRecord, 'without' | 'payments'>[],
  payments: readonly Paid[],
): readonly NettingState[] => {
  const isSettled = standingPayments(casts, payments).every(
    ({ state }) => state === 'confirmed' || state === 'doubled',
  );
  return casts.map((_, at) => (at < casts.length - 1 ? 'replaced' : isSettled ? 'settled' : 'open'));
};
