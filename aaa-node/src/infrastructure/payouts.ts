import { createHash } from 'node:crypto';
import { microsPerMinor } from '@roamgrid/domain';
import type { Payout, payoutTransfer } from '@roamgrid/wire';
import { sql } from 'kysely';
import type { z } from 'zod';
import { periodEndMs } from '../accounting/period.ts';
import { aaaError } from '../problems.ts';
import type { Db, Trx } from '../store/database.ts';

/**
 * Payouts of infrastructure providers' shares (ROAM-27). A share is counted once, by what payouts have counted of it so far; what
 * a dispute changes of it afterwards is in the next payout. Over all payouts: Σ amounts + what is carried = Σ shares counted.
 */

const PAGE = 500;

/** Bank-proof and short: it goes to the bank as the end-to-end id. */
const payoutIdOf = (providerId: string, periodId: string, currency: string, round: number): string => {
  const provider = createHash('sha256').update(providerId).digest('hex').slice(0, 10);
  return `out-${periodId}-${currency}-${provider}-${round}`;
};

/** Down to whole payable units of the currency; of less than nothing, nothing. */
const payableOf = (owedMicros: bigint, currency: string): bigint =>
  owedMicros <= 0n ? 0n : owedMicros - (owedMicros % microsPerMinor(currency));

const stateOf = (amountMicros: bigint, sent: readonly string[], cameBack: readonly string[]) => {
  if (amountMicros === 0n) return 'carried';
  if (sent.length === 0) return 'due';
  return sent.length > cameBack.length ? 'paid' : 'returned';
};

type Row = Awaited<ReturnType<ReturnType<typeof allPayouts>['execute']>>[number];

const allPayouts = (db: Db | Trx) =>
  db
    .selectFrom('payout')
    .selectAll()
    .select((query) =>
      query
        .selectFrom('payout_transfer as t')
        .whereRef('t.payout_id', '=', 'payout.payout_id')
        .select(
          sql<
            { id: string; state: 'paid' | 'returned' }[]
          >`coalesce(json_agg(json_build_object('id', end_to_end_id, 'state', state) order by end_to_end_id), '[]')`.as(
            'transfers',
          ),
        )
        .as('transfers'),
    )
    .orderBy('number');

const shown = (row: Row): Payout => {
  const transfers = row.transfers ?? [];
  const sent = transfers.map(({ id }) => id);
  const cameBack = transfers.filter(({ state }) => state === 'returned').map(({ id }) => id);
  return {
    payoutId: row.payout_id,
    providerId: row.provider_id,
    periodId: row.period_id,
    currency: row.currency,
    shareMicros: row.share_micros,
    broughtMicros: row.brought_micros,
    amountMicros: row.amount_micros,
    carriedMicros: row.carried_micros,
    state: stateOf(row.amount_micros, sent, cameBack),
    sent,
    cameBack,
    madeAtMs: row.made_at_ms,
  };
};

/** What is owed to one provider in one currency and counted by no payout yet. */
interface Owed {
  readonly providerId: string;
  readonly currency: string;
  readonly shareMicros: bigint;
}

/** Counts all shares of sessions that ended before, and says what that comes to. */
const countShares = async (trx: Trx, untilMs: number): Promise<readonly Owed[]> => {
  const { rows } = await sql<Owed>`
    with due as (
      select session_id, provider_id, currency, micros, micros - paid_out_micros as more from provider_share
      where provider_id is not null and end_ms < ${untilMs} and micros <> paid_out_micros
      for update
    ), counted as (
      update provider_share s set paid_out_micros = due.micros from due where s.session_id = due.session_id
    )
    select provider_id as "providerId", currency, sum(more)::bigint as "shareMicros" from due
    group by provider_id, currency order by provider_id, currency`.execute(trx);
  return rows;
};

/**
 * Makes the payouts of a period: of sessions that ended in it or before and that no payout has counted. Told again it makes
 * none for what is counted, and answers with all of the period.
 */
export const makePayouts = (db: Db, periodId: string, nowMs: number): Promise<readonly Payout[]> =>
  db.transaction().execute(async (trx) => {
    // One run after the other: each brings what the one before carried.
    await sql`lock table payout in share row exclusive mode`.execute(trx);
    for (const { providerId, currency, shareMicros } of await countShares(trx, periodEndMs(periodId))) {
      const before = trx
        .selectFrom('payout')
        .where('provider_id', '=', providerId)
        .where('currency', '=', currency);
      const last = await before
        .select('carried_micros')
        .orderBy('number', 'desc')
        .limit(1)
        .executeTakeFirst();
      const inPeriod = await before.select('number').where('period_id', '=', periodId).execute();
      const broughtMicros = last?.carried_micros ?? 0n;
      const amountMicros = payableOf(shareMicros + broughtMicros, currency);
      await trx
        .insertInto('payout')
        .values({
          payout_id: payoutIdOf(providerId, periodId, currency, inPeriod.length + 1),
          provider_id: providerId,
          period_id: periodId,
          currency,
          share_micros: shareMicros,
          brought_micros: broughtMicros,
          amount_micros: amountMicros,
          carried_micros: shareMicros + broughtMicros - amountMicros,
          made_at_ms: nowMs,
        })
        .execute();
    }
    return (await allPayouts(trx).where('period_id', '=', periodId).execute()).map(shown);
  });

/** Payouts in the order in which they were made, from one on. */
export const listPayouts = async (db: Db, after: string | undefined) => {
  const rows = await allPayouts(db)
    .$if(after !== undefined, (query) =>
      query.where('number', '>', (from) =>
        from
          .selectFrom('payout as p')
          .select('p.number')
          .where('p.payout_id', '=', after ?? ''),
      ),
    )
    .limit(PAGE)
    .execute();
  const payouts = rows.map(shown);
  const last = payouts.length === PAGE ? payouts.at(-1) : undefined;
  return { payouts, ...(last !== undefined && { cursor: last.payoutId }) };
};

/** A provider's payouts of a period. */
export const payoutsOf = async (db: Db, providerId: string, periodId: string): Promise<readonly Payout[]> => {
  const rows = await allPayouts(db)
    .where('provider_id', '=', providerId)
    .where('period_id', '=', periodId)
    .execute();
  return rows.map(shown);
};

/**
 * Notes that money left for a payout, or came back. Told again it changes nothing; what came back stays so.
 * @throws ServiceError PAYOUT_NOT_FOUND
 */
export const noteTransfer = async (
  db: Db,
  payoutId: string,
  { endToEndId, state }: z.output<typeof payoutTransfer>,
  nowMs: number,
): Promise<Payout> => {
  const known = await db
    .selectFrom('payout')
    .select('payout_id')
    .where('payout_id', '=', payoutId)
    .executeTakeFirst();
  if (known === undefined) throw aaaError('PAYOUT_NOT_FOUND', 'no payout has this id');
  await db
    .insertInto('payout_transfer')
    .values({ payout_id: payoutId, end_to_end_id: endToEndId, state, changed_at_ms: nowMs })
    .onConflict((conflict) =>
      conflict
        .columns(['payout_id', 'end_to_end_id'])
        .doUpdateSet({ state: 'returned', changed_at_ms: nowMs })
        .where('payout_transfer.state', '=', 'paid')
        .where(sql<boolean>`${state} = 'returned'`),
    )
    .execute();
  return shown(await allPayouts(db).where('payout_id', '=', payoutId).executeTakeFirstOrThrow());
};
