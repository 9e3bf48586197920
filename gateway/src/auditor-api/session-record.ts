import { sessionRecord, type SessionRecord } from '@roamgrid/wire';
import type { Selectable } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';

export type SessionRow = Selectable<GatewayDb['ledger_session']>;

/** Columns of a session's row. */
export const SESSION_COLUMNS = [
  'ledger_session.lane_id',
  'ledger_session.number',
  'ledger_session.session_id',
  'ledger_session.state',
  'ledger_session.vun',
  'ledger_session.hun',
  'ledger_session.agreement_id',
  'ledger_session.slot',
  'ledger_session.opened_at_ms',
  'ledger_session.opened_block',
  'ledger_session.ended_block',
  'ledger_session.ended_tx',
  'ledger_session.batch_id',
  'ledger_session.claim_id',
] as const;

/** A session as the public records tell it: the same at every gateway. */
export const sessionRecordOf = (row: SessionRow): SessionRecord =>
  sessionRecord.parse({
    type: 'session',
    sessionId: row.session_id,
    laneId: row.lane_id,
    number: row.number,
    vun: row.vun,
    hun: row.hun,
    agreementId: row.agreement_id,
    state: row.state,
    slot: row.slot,
    openedAtMs: Number(row.opened_at_ms),
    openedBlock: row.opened_block.toString(),
    ...(row.ended_block !== null && { endedBlock: row.ended_block.toString() }),
    ...(row.batch_id !== null && { batchId: row.batch_id }),
  });
