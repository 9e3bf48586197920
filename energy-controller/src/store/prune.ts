import { sql, type RawBuilder } from 'kysely';
import type { Db } from './tables.ts';

const DAY_MS = 86_400_000;
/** Decisions: long enough to answer why a charge was slow. */
const DECISIONS_MS = 35 * DAY_MS;
/** Samples: a year and a month, for forecasts and questions about a bill. */
const SAMPLES_MS = 400 * DAY_MS;
/** Requests that are over. */
const REQUESTS_MS = 35 * DAY_MS;
/** Trips, resets and changes. */
const EVENTS_MS = 400 * DAY_MS;
/** Plans of houses: of the time in which decisions can be asked for; the one in force stays. */
const PLANS_MS = DECISIONS_MS;
/** Slots that the ledger has. */
const SLOTS_MS = 35 * DAY_MS;
/** Batches that it has, and what meters signed for them. */
const BATCHES_MS = 400 * DAY_MS;
/** Rows of one table in one statement, and so many statements in one round: many sites keep more than a statement takes away. */
const LIMIT = 5_000;
const MOST_STATEMENTS = 50;

const remove = (table: string, where: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`delete from ${sql.table(table)} where ctid in
    (select t.ctid from ${sql.table(table)} t where ${where} limit ${LIMIT})`;

/** Deletes what nobody will ask for again, a bounded part in each round. What is in force, and settings, stay. */
export const pruneStore = async (db: Db, nowMs: number): Promise<void> => {
  const steps = [
    remove('decision', sql`t.at_ms < ${nowMs - DECISIONS_MS}`),
    remove('sample', sql`t.at_ms < ${nowMs - SAMPLES_MS}`),
    remove(
      'site_request',
      sql`t.asked_at_ms < ${nowMs - REQUESTS_MS} and t.state not in ('kept', 'offered')`,
    ),
    remove('house_note', sql`t.at_ms < ${nowMs - EVENTS_MS}`),
    remove('site_event', sql`t.at_ms < ${nowMs - EVENTS_MS}`),
    remove(
      'home_plan',
      sql`t.made_at_ms < ${nowMs - PLANS_MS} and exists (select 1 from home_plan b
        where b.site_id = t.site_id and b.version > t.version)`,
    ),
    remove('home_notice', sql`t.at_ms < ${nowMs - EVENTS_MS}`),
    remove(
      'slot',
      sql`t.slot_ms < ${nowMs - SLOTS_MS} and exists (select 1 from allocation_batch b
        where b.site_id = t.site_id and b.state = 'taken' and b.until_ms > t.slot_ms)`,
    ),
    remove(
      'compute_interval',
      sql`t.to_ms < ${nowMs - BATCHES_MS} and exists (select 1 from allocation_batch b
        where b.site_id = t.site_id and b.state = 'taken' and b.until_ms > t.to_ms)`,
    ),
    // The newest says what the next one goes on from.
    remove(
      'allocation_batch',
      sql`t.until_ms < ${nowMs - BATCHES_MS} and t.state = 'taken' and exists (select 1 from allocation_batch b
        where b.site_id = t.site_id and b.state = 'taken' and b.from_ms > t.from_ms)`,
    ),
  ];
  for (const step of steps)
    for (let count = 0; count < MOST_STATEMENTS; count += 1) {
      const { numAffectedRows = 0n } = await step.execute(db);
      if (numAffectedRows < BigInt(LIMIT)) break;
    }
};
