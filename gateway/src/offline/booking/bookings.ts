import { createHash } from 'node:crypto';
import type { OfflineRecord } from '@roamgrid/offline';
import type { LedgerErrorCode, OfflineBookingAnswer } from '@roamgrid/wire';
import { sql, type Kysely, type Transaction } from 'kysely';
import { OPEN_REFUSED, type Db } from '../../batcher/facts.ts';
import { CURABLE } from '../../batcher/parking.ts';
import type { GatewayDb } from '../../store/schema.ts';

/** Which session a record became, by its number at its outlet. */

/** A booking as it is known here. */
export interface KnownBooking {
  readonly answer: OfflineBookingAnswer;
  /** The contract refused it for good: its number of the lane is to be ended. */
  readonly refused?: { readonly sessionId: string; readonly agreementId: string };
}

/** What tells one start from another, as the ledger keys it. */
export const startHashOf = (transcript: string): string =>
  createHash('sha256').update(transcript).digest('hex');

const hashOf = ({ evidence }: OfflineRecord): string =>
  startHashOf(Buffer.from(evidence.transcript).toString('base64url'));

const refused = (code: string, message: string): OfflineBookingAnswer => ({
  outcome: 'refused',
  code,
  message,
});

const later = (sessionId: string, why: string): OfflineBookingAnswer => ({
  outcome: 'later',
  why,
  sessionId,
});

const settledAs = async (db: Db, { evseId, number }: OfflineRecord) =>
  db
    .selectFrom('offline_settled')
    .select(['session_id', 'start_hash'])
    .where('evse_id', '=', evseId)
    .where('outlet_number', '=', BigInt(number))
    .executeTakeFirst();

const keptAs = async (db: Db, { evseId, number }: OfflineRecord) =>
  db
    .selectFrom('offline_booking as booking')
    .leftJoin('fact', (join) =>
      join.onRef('fact.session_id', '=', 'booking.session_id').on('fact.kind', '=', 'settle'),
    )
    .select([
      'booking.session_id',
      'booking.start_hash',
      'booking.refusal_code as given_up',
      'booking.refusal_text',
      'fact.state',
      'fact.refusal_code',
      'fact.refusal_text as fact_text',
      'fact.agreement_id',
    ])
    .where('booking.evse_id', '=', evseId)
    .where('booking.outlet_number', '=', BigInt(number))
    .executeTakeFirst();

/** How a record stands that was brought before. */
export const knownBooking = async (
  db: Kysely<GatewayDb>,
  record: OfflineRecord,
): Promise<KnownBooking | undefined> => {
  const settled = await settledAs(db, record);
  const kept = await keptAs(db, record);
  const stands = settled ?? kept;
  if (stands === undefined) return undefined;
  const sessionId = stands.session_id;
  if (stands.start_hash !== hashOf(record))
    return { answer: refused('NUMBER_TAKEN', `another start has this number of the outlet: ${sessionId}`) };
  if (settled !== undefined || kept?.state === 'committed')
    return { answer: { outcome: 'booked', sessionId } };
  return kept === undefined ? undefined : standing(kept);
};

const standing = (kept: NonNullable<Awaited<ReturnType<typeof keptAs>>>): KnownBooking => {
  const { session_id: sessionId, given_up, state, refusal_code: code, agreement_id: agreementId } = kept;
  if (given_up !== null) return { answer: refused(given_up, kept.refusal_text ?? '') };
  const text = kept.fact_text ?? '';
  if (state !== 'parked' || code === null || agreementId === null)
    return { answer: later(sessionId, 'it is on its way to the ledger') };
  if (CURABLE.has(code as LedgerErrorCode) || code === OPEN_REFUSED)
    return { answer: later(sessionId, `the ledger does not take it for now: ${code}: ${text}`) };
  return { answer: refused(code, text), refused: { sessionId, agreementId } };
};

/** Numbers that are left out when a database was lost and read anew from the ledger, as for swipes. */
const LEFT_OUT_AFTER_LOSS = 1_000;

/** The next number of the lane, of those that swipes get too. */
export const nextNumber = async (trx: Transaction<GatewayDb>, laneId: string): Promise<number> => {
  const { rows } = await sql<{ last_number: number }>`
    insert into lane_number (lane_id, last_number)
    select ${laneId}, coalesce(
      (select max(number) + ${LEFT_OUT_AFTER_LOSS}::int from ledger_session where lane_id = ${laneId}), 0) + 1
    on conflict (lane_id) do update set last_number = lane_number.last_number + 1
    returning last_number`.execute(trx);
  const [row] = rows;
  if (row === undefined) throw new Error(`lane ${laneId} gave no number`);
  return row.last_number;
};

export const keepBooking = async (
  trx: Transaction<GatewayDb>,
  record: OfflineRecord,
  sessionId: string,
): Promise<void> => {
  await trx
    .insertInto('offline_booking')
    .values({
      evse_id: record.evseId,
      outlet_number: BigInt(record.number),
      start_hash: hashOf(record),
      session_id: sessionId,
      refusal_code: null,
      refusal_text: null,
    })
    .execute();
};

export const keepGivenUp = async (
  trx: Transaction<GatewayDb>,
  sessionId: string,
  { code, message }: { readonly code: string; readonly message: string },
): Promise<void> => {
  await trx
    .updateTable('offline_booking')
    .set({ refusal_code: code, refusal_text: message })
    .where('session_id', '=', sessionId)
    .execute();
};
