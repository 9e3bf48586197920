import {
  convert,
  exchange as exchangeSchema,
  owedFor,
  statedWish,
  type Exchange,
  type ReservationBody,
  type ReservationRecord,
} from '@roamgrid/wire';
import { sql } from 'kysely';
import { owe } from '../accounting/owe.ts';
import type { Trx } from '../store/database.ts';
import { rateOf } from '../crp/exchange-rates.ts';
import { keptRate, wishesOf } from './wishes.ts';

/** A reservation whose end counts, with what its parties know of it. */
export interface EndedReservation {
  readonly record: ReservationRecord;
  readonly body: ReservationBody;
}

interface Debtor {
  readonly customerId: string;
  readonly accountId: string;
  readonly exchange: Exchange | undefined;
}

/** Whose wish it was: as it was kept, or, of one from before that, by the card that the wish names and the rate of today. */
const debtorOf = async (
  trx: Trx,
  { record, body }: EndedReservation,
  nowMs: number,
): Promise<Debtor | undefined> => {
  const wished = (await wishesOf(trx, [record.reservationId])).get(record.reservationId);
  const cinRef = statedWish(body.wish)?.cinRef ?? '';
  const customerId =
    wished?.customerId ??
    (await trx.selectFrom('cin').select('customer_id').where('cin_ref', '=', cinRef).executeTakeFirst())
      ?.customer_id;
  if (customerId === undefined) return undefined;
  const account = await trx
    .selectFrom('account')
    .select(['account_id as accountId', 'currency'])
    .where('customer_id', '=', customerId)
    .executeTakeFirst();
  if (account === undefined) return undefined;
  const { accountId, currency } = account;
  if (currency === body.currency) return { customerId, accountId, exchange: undefined };
  const exchange = wished?.exchange ?? (await rateOf(trx, { from: body.currency, to: currency }, nowMs));
  return exchange?.currency === currency ? { customerId, accountId, exchange } : undefined;
};

/** Whose the first line is, by the rate of that line: what is added to it, or given back, is in the same currency. */
const sameDebtor = async (
  trx: Trx,
  first: { readonly customer_id: string | null; readonly exchange: unknown },
  { currency }: ReservationBody,
): Promise<Debtor | undefined> => {
  const { customer_id: customerId } = first;
  if (customerId === null) return undefined;
  const exchange = keptRate(first.exchange);
  const account = await trx
    .selectFrom('account')
    .select('account_id as accountId')
    .where('customer_id', '=', customerId)
    .where('currency', '=', exchange?.currency ?? currency)
    .executeTakeFirst();
  if (account === undefined)
    throw new Error(`${customerId} has no account in the currency of its first line`);
  return { customerId, accountId: account.accountId, exchange };
};

/**
 * Owes what a reservation came to, once: told again it changes nothing, and what its end, told anew, makes more or less of it is a
 * further line. Each whole amount is converted for itself, to the nearest micro, halves to even, and a line is the difference, so that lines add
 * up to what the last whole amount is converted to.
 */
export const chargeDriver = async (trx: Trx, ended: EndedReservation, nowMs: number): Promise<void> => {
  const { record, body } = ended;
  const { reservationId, vun, hun, evseId, fromMs, untilMs, state, changedAtMs } = record;
  await sql`select pg_advisory_xact_lock(hashtextextended(${`booking ${reservationId}`}, 0))`.execute(trx);
  const before = await trx
    .selectFrom('booking_charge')
    .select(['number', 'micros', 'bill_micros', 'customer_id', 'exchange'])
    .where('reservation_id', '=', reservationId)
    .orderBy('number')
    .execute();
  const owedMicros = owedFor(record, body);
  const micros = owedMicros - before.reduce((sum, each) => sum + each.micros, 0n);
  if (micros === 0n) return;
  const [first] = before;
  const debtor = first === undefined ? await debtorOf(trx, ended, nowMs) : await sameDebtor(trx, first, body);
  const rate = debtor?.exchange;
  const billMicros =
    (rate === undefined ? owedMicros : convert(owedMicros, rate)) -
    before.reduce((sum, each) => sum + each.bill_micros, 0n);
  const number = before.length + 1;
  const billCurrency = rate?.currency ?? body.currency;
  await trx
    .insertInto('booking_charge')
    .values({
      ...{ reservation_id: reservationId, number, customer_id: debtor?.customerId ?? null, vun, state },
      ...{ evse_id: evseId, from_ms: fromMs, until_ms: untilMs, currency: body.currency, micros },
      ...{ bill_currency: billCurrency, bill_micros: billMicros, owed_at_ms: changedAtMs, bill_id: null },
      exchange: rate === undefined ? null : JSON.stringify(exchangeSchema.encode(rate)),
    })
    .execute();

  await owe(trx, {
    ...{ entryId: `booking:${reservationId}:${number}`, kind: 'booking', bookedAtMs: nowMs, vun, hun },
    ...{ accountId: debtor?.accountId, micros, currency: body.currency },
    billed: rate && { micros: billMicros, currency: billCurrency },
  });
};
