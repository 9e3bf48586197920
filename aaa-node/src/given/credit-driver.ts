import { convert, exchange as exchangeSchema, type GivenBatch, type GivenByCar } from '@roamgrid/wire';
import { owe } from '../accounting/owe.ts';
import { rateOf } from '../crp/exchange-rates.ts';
import type { Trx } from '../store/database.ts';

const accountOf = (trx: Trx, customerId: string) =>
  trx
    .selectFrom('account')
    .select(['account_id as accountId', 'currency'])
    .where('customer_id', '=', customerId)
    .executeTakeFirst();

/** Notes what a car gave, once: told again it changes nothing. Nothing is booked yet. */
export const noteGiven = async (
  trx: Trx,
  { header }: GivenBatch,
  { sourceId, cinRef, givenWh, micros }: GivenByCar,
): Promise<void> => {
  const { batchId, vun, siteId, fromMs, untilMs, currency } = header;
  const owner = await trx
    .selectFrom('cin')
    .select('customer_id')
    .where('cin_ref', '=', cinRef)
    .executeTakeFirst();
  await trx
    .insertInto('given_credit')
    .values({
      ...{ batch_id: batchId, source_id: sourceId, customer_id: owner?.customer_id ?? null, vun },
      ...{ site_id: siteId, from_ms: fromMs, until_ms: untilMs, energy_wh: givenWh, currency, micros },
      ...{ bill_currency: null, bill_micros: null, exchange: null, owed_at_ms: untilMs, bill_id: null },
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
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
