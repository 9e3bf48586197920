import { sessionCloseBody } from '@roamgrid/wire';
import { z } from 'zod';
import { payloadOf, type Db } from '../../batcher/facts.ts';
import { afterUnpaid } from './unpaid.ts';
import type { RecordStatement } from './statement.ts';

/**
 * Whether a record is the next of its meter. Registers only ascend on the ledger, and records come in any order: one that
 * was booked before an earlier one would leave that unpaid for ever.
 */
export type Turn = 'next' | 'waits' | 'over';

interface LastBooked {
  readonly registerMilliWh: bigint;
  readonly endMs: number;
}

/** What the meter's last session left that is booked, or on its way. */
const lastOf = async (db: Db, group: string, meterId: string): Promise<LastBooked | undefined> => {
  const waiting = await db
    .selectFrom('fact')
    .select('payload')
    .where('kind', '=', 'settle')
    .where('meter_id', '=', meterId)
    .where('state', 'in', ['pending', 'formed'])
    .orderBy('end_ms', 'desc')
    .orderBy('fact_id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (waiting !== undefined) {
    const { closeText } = payloadOf('settle', waiting.payload);
    const close = z.decode(sessionCloseBody, JSON.parse(closeText) as z.input<typeof sessionCloseBody>);
    const last = close.readings.at(-1);
    if (last !== undefined) return { registerMilliWh: last.registerMilliWh, endMs: last.atMs };
  }
  const row = await db
    .selectFrom('meter_entry')
    .select(['register_milli_wh', 'end_ms'])
    .where('lane_group', '=', group)
    .where('meter_id', '=', meterId)
    .executeTakeFirst();
  return row && { registerMilliWh: row.register_milli_wh, endMs: Number(row.end_ms) };
};

/**
 * `waits`: energy flowed before it of which no record came yet; `over`: what its meter counted is booked already. An outlet's first session waits for
 * nobody.
 */
export const turnOf = async (
  db: Db,
  { group, meterId, number }: { readonly group: string; readonly meterId: string; readonly number: number },
  { begin }: Pick<RecordStatement, 'begin'>,
): Promise<Turn> => {
  const last = await lastOf(db, group, meterId);
  if (last !== undefined && (last.registerMilliWh > begin.registerMilliWh || last.endMs > begin.atMs))
    return 'over';
  const reached = await afterUnpaid(db, meterId, last?.registerMilliWh);
  return reached.has(begin.registerMilliWh) || (last === undefined && number === 1) ? 'next' : 'waits';
};
