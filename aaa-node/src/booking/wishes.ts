import { convert, exchange as exchangeSchema, type Exchange } from '@roamgrid/wire';
import type { z } from 'zod';
import { rateOf } from '../crp/exchange-rates.ts';
import { aaaError } from '../problems.ts';
import type { Db, Trx } from '../store/database.ts';

/**
 * What home keeps of a wish before anybody hears of it: whose it is, and the rate by which its fees are billed. The rate is fixed by the
 * first telling of a wish, as that of a session is by home's yes.
 */

export interface Wished {
  readonly customerId: string;
  readonly exchange: Exchange | undefined;
}

/** A kept rate as it was fixed. */
export const keptRate = (exchange: unknown): Exchange | undefined =>
  exchange === null ? undefined : exchangeSchema.decode(exchange as z.input<typeof exchangeSchema>);

/** @throws ServiceError RATE_NOT_STATED when the account is in another currency and no rate is in force. */
export const rateFor = async (
  db: Db | Trx,
  { customerId, currency }: { readonly customerId: string; readonly currency: string },
  nowMs: number,
): Promise<Exchange | undefined> => {
  const account = await db
    .selectFrom('account')
    .select('currency')
    .where('customer_id', '=', customerId)
    .executeTakeFirst();
  if (account === undefined || account.currency === currency) return undefined;
  const rate = await rateOf(db as Trx, { from: currency, to: account.currency }, nowMs);
  if (rate === undefined)
    throw aaaError('RATE_NOT_STATED', `no rate from ${currency} to ${account.currency} is in force`);
  return rate;
};

export const keepWish = async (
  db: Db,
  reservationId: string,
  wish: { readonly customerId: string; readonly currency: string; readonly untilMs: number },
  nowMs: number,
): Promise<void> => {
  const kept = await db
    .selectFrom('booking_wish')
    .select('reservation_id')
    .where('reservation_id', '=', reservationId)
    .executeTakeFirst();
  if (kept !== undefined) return;
  const rate = await rateFor(db, wish, nowMs);
  await db
    .insertInto('booking_wish')
    .values({
      reservation_id: reservationId,
      customer_id: wish.customerId,
      exchange: rate === undefined ? null : JSON.stringify(exchangeSchema.encode(rate)),
      until_ms: wish.untilMs,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** Of a wish that nobody granted. */
export const dropWish = async (db: Db, reservationId: string): Promise<void> => {
  await db.deleteFrom('booking_wish').where('reservation_id', '=', reservationId).execute();
};

/** By reservation; nothing of those that no wish is kept of. */
export const wishesOf = async (
  db: Db | Trx,
  reservationIds: readonly string[],
): Promise<ReadonlyMap<string, Wished>> => {
  if (reservationIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('booking_wish')
    .select(['reservation_id', 'customer_id', 'exchange'])
    .where('reservation_id', 'in', [...reservationIds])
    .execute();
  return new Map(
    rows.map(({ reservation_id, customer_id: customerId, exchange }) => [
      reservation_id,
      { customerId, exchange: keptRate(exchange) },
    ]),
  );
};

/** Both amounts of a reservation in the account's currency. */
export const feesBy = (
  { feeMicros, noShowMicros }: { readonly feeMicros: bigint; readonly noShowMicros: bigint },
  rate: Exchange,
) => ({ ...rate, feeMicros: convert(feeMicros, rate), noShowMicros: convert(noShowMicros, rate) });
