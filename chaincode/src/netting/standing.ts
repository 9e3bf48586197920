import { countedMicros, type PaymentRecord } from '@roamgrid/wire';

/** What becomes of a netting's payments when it is netted anew without some members. */
export interface Standing {
  /** Paid less received in payments that stand, by member. */
  readonly stood: ReadonlyMap<string, bigint>;
  /** What came of payments by or to a member that is left out, and was not taken over before. */
  readonly onAccount: readonly Pick<PaymentRecord, 'paymentId' | 'payer' | 'payee' | 'amountMicros'>[];
}

/**
 * Between members that stay a payment stands whole once it was begun: it is or will be paid. One that nobody began falls away.
 * Of a payment by or to a member that is left out, what had come stays between the two.
 */
export const standing = (payments: readonly PaymentRecord[], without: ReadonlySet<string>): Standing => {
  const stood = new Map<string, bigint>();
  const onAccount: Standing['onAccount'][number][] = [];
  const add = (utilityId: string, micros: bigint): void => {
    stood.set(utilityId, (stood.get(utilityId) ?? 0n) + micros);
  };
  for (const payment of payments) {
    const { paymentId, payer, payee, amountMicros, state } = payment;
    if (without.has(payer) || without.has(payee)) {
      const came = countedMicros(payment);
      if (came > 0n) onAccount.push({ paymentId, payer, payee, amountMicros: came });
    } else if (state !== 'due') {
      add(payer, amountMicros);
      add(payee, -amountMicros);
    }
  }
  return { stood, onAccount };
};
