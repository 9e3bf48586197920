import type { Exchange } from '@roamgrid/wire';
import type { Db, Trx } from '../store/database.ts';

/** Rates of exchange that the utility goes by: stated by an operator with their source, never computed here. */

export interface RatePair {
  /** Currency of the station's price. */
  readonly from: string;
  /** Currency of the customer's account. */
  readonly to: string;
}

export interface StatedRate extends RatePair {
  readonly rateMicros: bigint;
  readonly source: string;
  readonly validFromMs: number;
  readonly validUntilMs: number;
}

/** The rate in force, the one stated for the latest time when there are several. */
export const rateOf = async (
  trx: Trx,
  { from, to }: RatePair,
  nowMs: number,
): Promise<Exchange | undefined> => {
  if (from === to) return undefined;
  const row = await trx
    .selectFrom('exchange_rate')
    .select(['rate_micros', 'source'])
    .where('from_currency', '=', from)
    .where('to_currency', '=', to)
    .where('valid_from_ms', '<=', nowMs)
    .where('valid_until_ms', '>', nowMs)
    .orderBy('valid_from_ms', 'desc')
    .executeTakeFirst();
  return row && { currency: to, rateMicros: row.rate_micros, source: row.source, rounding: 'half-even' };
};

/** Keeps a rate; the same again changes nothing. @returns false when another was stated for the same time. */
export const stateRate = async (db: Db, rate: StatedRate, setBy: string): Promise<boolean> => {
  await db
    .insertInto('exchange_rate')
    .values({
      from_currency: rate.from,
      to_currency: rate.to,
      rate_micros: rate.rateMicros,
      source: rate.source,
      valid_from_ms: rate.validFromMs,
      valid_until_ms: rate.validUntilMs,
      set_by: setBy,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const kept = await db
    .selectFrom('exchange_rate')
    .select(['rate_micros', 'source', 'valid_until_ms'])
    .where('from_currency', '=', rate.from)
    .where('to_currency', '=', rate.to)
    .where('valid_from_ms', '=', rate.validFromMs)
    .executeTakeFirstOrThrow();
  return (
    kept.rate_micros === rate.rateMicros &&
    kept.source === rate.source &&
    kept.valid_until_ms === rate.validUntilMs
  );
};
