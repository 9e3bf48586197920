import { statedQuote, type PhoneCreditFault } from '@roamgrid/wire';

/** What phones with one key can still spend, however many there are of them. */

export interface ExposedToken {
  readonly currency: string;
  readonly costMicros: bigint;
  /** Of it was booked already. */
  readonly bookedMicros: bigint;
  /** Outlets at which it is good. */
  readonly outlets: number;
}

/** Outlets of a token's audience, as its quote names them. */
export const outletsOf = (signedQuote: string): number => statedQuote(signedQuote)?.outlets.length ?? 1;

const more = (a: bigint): bigint => (a > 0n ? a : 0n);

/**
 * The bound. A charger counts what it gave by a token, whoever held it, and stops at the token's cost; so all phones together get at most the cost once from each outlet of the
 * token's audience. The ledger books the cost once: the customer owes no more, and no more is held.
 */
export const exposureOf = (tokens: readonly ExposedToken[]): PhoneCreditFault['exposure'] => {
  const sums = new Map<string, { atHomeMicros: bigint; atChargersMicros: bigint }>();
  for (const { currency, costMicros, bookedMicros, outlets } of tokens) {
    const sum = sums.get(currency) ?? { atHomeMicros: 0n, atChargersMicros: 0n };
    sums.set(currency, {
      atHomeMicros: sum.atHomeMicros + more(costMicros - bookedMicros),
      atChargersMicros: sum.atChargersMicros + more(costMicros * BigInt(outlets) - bookedMicros),
    });
  }
  return [...sums].map(([currency, sum]) => ({ currency, ...sum }));
};
