import { readRecord, decodeCbor } from '@roamgrid/offline';
import type { Kysely, Selectable } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import type { OfflineBookings } from './booking/offline-bookings.ts';

/** Brings what phones brought to the ledger. */

export interface BookRecordsContext {
  readonly db: Kysely<GatewayDb>;
  readonly bookings: Pick<OfflineBookings, 'book'>;
  /** One that is not booked yet is looked at again after so long. */
  readonly againMs: number;
  readonly nowMs: () => number;
}

/** Records in one round. */
const ROUND = 100;

type Row = Selectable<GatewayDb['offline_record']>;

const bookOne = async ({ db, bookings, againMs, nowMs }: BookRecordsContext, row: Row): Promise<void> => {
  const kept = await db
    .selectFrom('offline_leave')
    .select('leave')
    .where('token_id', '=', row.token_id)
    .executeTakeFirst();
  const read = decodeCbor(new Uint8Array(Buffer.from(row.record, 'base64url')));
  const record = read.ok ? readRecord(read.value) : undefined;
  if (record === undefined) throw new Error(`record ${row.outlet_number} of ${row.evse_id} cannot be read`);
  const answer = kept === undefined ? undefined : await bookings.book(record, kept.leave);
  const next =
    answer?.outcome === 'booked'
      ? { state: 'booked' as const }
      : answer?.outcome === 'refused'
        ? { state: 'refused' as const, refusal_code: answer.code, refusal_text: answer.message.slice(0, 500) }
        : { next_at_ms: nowMs() + againMs };
  await db
    .updateTable('offline_record')
    .set(next)
    .where('evse_id', '=', row.evse_id)
    .where('outlet_number', '=', row.outlet_number)
    .where('plain_hash', '=', row.plain_hash)
    .where('state', '=', 'taken')
    .execute();
};

/** One round over records that are due, in the order of their outlets' numbers. */
export const bookRecords = async (context: BookRecordsContext): Promise<void> => {
  const due = await context.db
    .selectFrom('offline_record')
    .selectAll()
    .where('state', '=', 'taken')
    .where('next_at_ms', '<=', context.nowMs())
    .orderBy('evse_id')
    .orderBy('outlet_number')
    .orderBy('plain_hash')
    .limit(ROUND)
    .execute();
  for (const row of due) await bookOne(context, row);
};
