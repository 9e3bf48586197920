import {
  convert,
  exchange as exchangeSchema,
  type GivenBatch,
  type GivenByCar,
  type SettledHouseDay,
} from '@roamgrid/wire';
import type { Insertable } from 'kysely';
import { owe } from '../accounting/owe.ts';
import { rateOf } from '../crp/exchange-rates.ts';
import type { Trx } from '../store/database.ts';
import type { GivenCreditTable } from './tables.ts';

const accountOf = (trx: Trx, customerId: string) =>
  trx
    .selectFrom('account')
    .select(['account_id as accountId', 'currency'])
    .where('customer_id', '=', customerId)
    .executeTakeFirst();

type Credit = Omit<
  Insertable<GivenCreditTable>,
  'customer_id' | 'bill_currency' | 'bill_micros' | 'exchange' | 'bill_id'
>;

/** Notes amounts that the owner of a card is owed, each once: told again they change nothing. Nothing is booked yet. */
const note = async (trx: Trx, cinRef: string, credits: readonly Credit[]): Promise<void> => {
  const owner = await trx
    .selectFrom('cin')
    .select('customer_id')
    .where('cin_ref', '=', cinRef)
    .executeTakeFirst();
  const open = { bill_currency: null, bill_micros: null, exchange: null, bill_id: null };
  const customer_id = owner?.customer_id ?? null;
  await trx
    .insertInto('given_credit')
    .values(credits.map((credit) => ({ ...credit, ...open, customer_id })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

const DAY_MS = 86_400_000;

/** Notes what a day of a house came to, line by line. */
export const noteHouseDay = async (trx: Trx, { record, body }: SettledHouseDay): Promise<void> => {
  const { houseId: site_id, vun, dayMs, cinRef, currency, lines } = body;
  const untilMs = dayMs + DAY_MS;
  const owed = lines
    .filter(({ micros }) => micros > 0n)
    .map((each): Credit => ({
      ...{ batch_id: record.bodyHash, vun, site_id, line: each.line, currency, micros: each.micros },
      source_id: each.line === 'EXPORT' ? each.line : `${each.line} ${each.eventId}`,
      ...{ from_ms: dayMs, until_ms: untilMs, energy_wh: each.energyWh, owed_at_ms: untilMs },
    }));
  if (owed.length > 0) await note(trx, cinRef, owed);
};

/** Notes what a car gave. */
export const noteGiven = async (
  trx: Trx,
  { header }: GivenBatch,
  { sourceId, cinRef, givenWh, micros }: GivenByCar,
): Promise<void> => {
  const { batchId, vun, siteId, fromMs, untilMs, currency } = header;
  await note(trx, cinRef, [
    {
      ...{ batch_id: batchId, source_id: sourceId, vun, site_id: siteId, line: null, currency, micros },
      ...{ from_ms: fromMs, until_ms: untilMs, energy_wh: givenWh, owed_at_ms: untilMs },
    },
  ]);
};

/** What was noted of a car and is owed to nobody yet. */
export interface Noted {
  readonly batchId: string;
  readonly sourceId: string;
}

/**
 * Owes it to the customer in his account's currency, by the rate that is in force now, to the nearest micro, half to even; to nobody where
 * this node does not know whose it is.
 * @returns false when there is no rate yet: it waits for one
 */
export const creditDriver = async (
  trx: Trx,
  { batchId, sourceId }: Noted,
  hun: string,
  nowMs: number,
): Promise<boolean> => {
  const row = await trx
    .selectFrom('given_credit')
    .select(['customer_id as customerId', 'vun', 'currency', 'micros'])
    .where('batch_id', '=', batchId)
    .where('source_id', '=', sourceId)
    .where('bill_micros', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) return true;
  const { customerId, vun, currency, micros } = row;
  const account = customerId === null ? undefined : await accountOf(trx, customerId);
  const to = account?.currency ?? currency;
  const rate = await rateOf(trx, { from: currency, to }, nowMs);
  if (to !== currency && rate === undefined) return false;
  const billMicros = rate === undefined ? micros : convert(micros, rate);
  await trx
    .updateTable('given_credit')
    .set({
      ...{ bill_currency: to, bill_micros: billMicros },
      exchange: rate === undefined ? null : JSON.stringify(exchangeSchema.encode(rate)),
    })
    .where('batch_id', '=', batchId)
    .where('source_id', '=', sourceId)
    .execute();
  await owe(trx, {
    ...{ entryId: `given:${batchId}:${sourceId}`, kind: 'given', bookedAtMs: nowMs, vun, hun },
    ...{ accountId: account?.accountId, micros: -micros, currency },
    billed: rate && { micros: -billMicros, currency: to },
  });
  return true;
};
