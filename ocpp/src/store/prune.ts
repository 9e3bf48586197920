import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { CommandDatabase } from '../commands/tables.ts';
import { MESSAGES_KNOWN_MS } from '../session/bounds.ts';
import type { DoorDb } from './tables.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** What was asked and came to nothing: nobody asks for it again. */
const NOTHING_MS = HOUR_MS;
/** Offers that were made: a begin that was kept offline may still be told. */
const OFFERS_MS = 30 * DAY_MS;
/** What is closed and told, for questions and disputes. */
const SETTLED_MS = 90 * DAY_MS;
/** What nobody was billed for, and what was given back: until the year is closed, and a month. */
const UNBILLED_MS = 400 * DAY_MS;
/** Rows of one table in one round. */
const LIMIT = 5_000;

const remove = (table: string, where: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`delete from ${sql.table(table)} where ctid in
    (select t.ctid from ${sql.table(table)} t where ${where} limit ${LIMIT})`;

/**
 * Deletes what nobody will ask for again, a bounded part in each round. What still runs, an end that the gateway has not taken,
 * and the last transaction of an outlet stay; a transaction goes after all its messages.
 */
export const pruneStore = async (
  db: Kysely<DoorDb & CommandDatabase>,
  wallMs: number,
  { commandsKeptMs }: { readonly commandsKeptMs: number },
): Promise<void> => {
  const steps = [
    remove('station_command', sql`t.asked_at_ms < ${wallMs - commandsKeptMs}`),
    remove('message', sql`t.taken_at_ms < ${wallMs - MESSAGES_KNOWN_MS}`),
    remove('offer', sql`t.asked_at_ms < ${wallMs - NOTHING_MS} and t.state in ('asked', 'refused')`),
    remove('offer', sql`t.asked_at_ms < ${wallMs - OFFERS_MS}`),
    remove(
      'station_transaction',
      sql`t.state = 'closed' and t.told_at_ms < ${wallMs - SETTLED_MS}
      and not exists (select 1 from message m where m.transaction_id = t.transaction_id)
      and not exists (select 1 from session_end e where e.transaction_id = t.transaction_id and e.state = 'due')
      and (t.evse_id is null or exists
        (select 1 from station_transaction later where later.evse_id = t.evse_id and later.number > t.number))`,
    ),
    remove(
      'session_end',
      sql`t.state <> 'due'
      and not exists (select 1 from station_transaction s where s.transaction_id = t.transaction_id)`,
    ),
    remove('cost_difference', sql`t.noted_at_ms < ${wallMs - SETTLED_MS}`),
    remove('given_back', sql`t.noted_at_ms < ${wallMs - UNBILLED_MS}`),
    remove('booked', sql`t.changed_at_ms < ${wallMs - SETTLED_MS} and t.state in ('used', 'gone')`),
    remove('unbilled', sql`t.noted_at_ms < ${wallMs - UNBILLED_MS}`),
  ];
  for (const step of steps) await step.execute(db);
};
