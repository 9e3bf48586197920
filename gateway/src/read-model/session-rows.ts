import {
  batchRecord,
  cdr as cdrSchema,
  endedSession,
  sessionRecord,
  type SessionRecord,
} from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import type { BlockChanges } from './changes.ts';
import { upsert, wireText } from './upsert.ts';

/** Sessions that the block opened or ended, each put together from its record and its end. */
const sessionsAsTheyStand = async (
  trx: Transaction<GatewayDb>,
  { sessions, sessionEnds }: BlockChanges,
): Promise<readonly SessionRecord[]> => {
  const opened = new Map(sessions);
  const earlier = sessionEnds.map(({ sessionId }) => sessionId).filter((id) => !opened.has(id));
  if (earlier.length > 0) {
    const rows = await trx
      .selectFrom('ledger_session')
      .select(['session_id', 'record'])
      .where('session_id', 'in', earlier)
      .execute();
    for (const { session_id, record } of rows) opened.set(session_id, sessionRecord.parse(record));
  }
  const ends = new Map(sessionEnds.map((end) => [end.sessionId, end]));
  for (const id of ends.keys())
    if (!opened.has(id)) throw new Error(`session ${id} ended and was never opened`);
  return [...opened.values()].map((record) => endedSession(record, ends.get(record.sessionId)));
};

/** Sessions, their bodies and their batches. */
export const writeSessions = async (trx: Transaction<GatewayDb>, changes: BlockChanges): Promise<void> => {
  await upsert(
    trx,
    'ledger_session',
    ['session_id'],
    (await sessionsAsTheyStand(trx, changes)).map((record) => ({
      session_id: record.sessionId,
      state: record.state,
      vun: record.vun,
      hun: record.hun,
      agreement_id: record.agreementId,
      opened_at_ms: BigInt(record.openedAtMs),
      batch_id: record.batchId ?? null,
      record: wireText(sessionRecord, record),
    })),
  );
  await upsert(
    trx,
    'open_body',
    ['session_id'],
    changes.openBodies.map(({ text, value }) => ({
      session_id: value.sessionId,
      station_id: value.quote.stationId,
      cin_ref: value.cinRef,
      authorised_by: value.authorisedBy,
      body: text,
    })),
  );
  await upsert(
    trx,
    'batch',
    ['batch_id'],
    [...changes.batches.values()].map((record) => ({
      batch_id: record.batchId,
      vun: record.vun,
      hun: record.hun,
      from_sequence: record.fromSequence,
      to_sequence: record.toSequence,
      invoice_id: record.invoiceId ?? null,
      record: wireText(batchRecord, record),
    })),
  );
  await upsert(
    trx,
    'batch_header',
    ['batch_id'],
    [...changes.batchHeaders].map(([batch_id, { text }]) => ({ batch_id, body: text })),
  );
  const closed = [...changes.closeBodies.values()].flatMap(({ batchId, bodies }) =>
    bodies.map(({ text, value }, index) => ({ batchId, index, text, value })),
  );
  await upsert(
    trx,
    'close_body',
    ['session_id'],
    closed.map(({ batchId, index, text, value }) => ({
      session_id: value.sessionId,
      batch_id: batchId,
      item_index: index,
      body: text,
    })),
  );
  await upsert(
    trx,
    'cdr',
    ['session_id'],
    closed.map(({ batchId, value: { cdr } }) => ({
      session_id: cdr.sessionId,
      vun: cdr.vun,
      hun: cdr.hun,
      pair_sequence: cdr.pairSequence,
      batch_id: batchId,
      end_ms: BigInt(cdr.endMs),
      block_number: changes.block.number,
      cdr: wireText(cdrSchema, cdr),
    })),
  );
};
