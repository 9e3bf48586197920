import {
  bodyHash,
  cdr as cdrSchema,
  consentKindOf,
  disputeIdOf,
  laneParts,
  NumberBits,
  openingRecord,
  sessionIdOf,
} from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import { startHashOf } from '../offline/booking/bookings.ts';
import type { GatewayDb } from '../store/schema.ts';
import type { BlockChanges } from './changes.ts';
import { writeEnds } from './ends.ts';
import type { DerivedSession } from './derive.ts';
import { upsert, wireText } from './upsert.ts';

/** A row a number, from the opening that has it. */
const writeOpenings = async (
  trx: Transaction<GatewayDb>,
  { openings, block }: BlockChanges,
): Promise<void> => {
  await upsert(
    trx,
    'opening',
    ['lane_id', 'slot'],
    openings.map((record) => ({
      lane_id: record.laneId,
      slot: record.slot,
      block_number: block.number,
      record: wireText(openingRecord, record),
    })),
  );
  await upsert(
    trx,
    'ledger_session',
    ['lane_id', 'number'],
    openings.flatMap(({ laneId, agreementId, slot, first, bits, atMs }) => {
      const { vun, hun } = laneParts(laneId);
      return new NumberBits(first, bits).numbers().map((number) => ({
        lane_id: laneId,
        number,
        session_id: sessionIdOf(laneId, number),
        state: 'opened' as const,
        vun,
        hun,
        agreement_id: agreementId,
        slot,
        opened_at_ms: BigInt(atMs),
        opened_block: block.number,
        ended_block: null,
        ended_tx: null,
        batch_id: null,
        claim_id: null,
      }));
    }),
  );
};

const writeClaims = async (trx: Transaction<GatewayDb>, { claims }: BlockChanges): Promise<void> => {
  for (const { claimId, laneId, first, bits } of claims) {
    await trx
      .updateTable('ledger_session')
      .set({ claim_id: claimId })
      .where('lane_id', '=', laneId)
      .where('number', 'in', new NumberBits(first, bits).numbers())
      .execute();
  }
};

/** What the parties' private bodies say of sessions. */
const writeBodies = async (
  trx: Transaction<GatewayDb>,
  changes: BlockChanges,
  derived: readonly DerivedSession[],
): Promise<void> => {
  await upsert(
    trx,
    'batch_header',
    ['batch_id'],
    [...changes.batchHeaders].map(([batch_id, { text }]) => ({ batch_id, body: text })),
  );
  await upsert(
    trx,
    'settled_session',
    ['session_id'],
    derived.map(({ batchId, index, settled: { open }, text, way }) => ({
      session_id: open.sessionId,
      batch_id: batchId,
      item_index: index,
      station_id: open.quote.stationId,
      cin_ref: open.cinRef,
      authorised_by: open.authorisedBy,
      consent_by: consentKindOf(open),
      body: text,
      opening: way,
    })),
  );
  await upsert(
    trx,
    'offline_settled',
    ['evse_id', 'outlet_number'],
    derived.flatMap(({ settled: { open } }) =>
      open.offline === undefined
        ? []
        : [
            {
              evse_id: open.quote.evseId,
              outlet_number: BigInt(open.offline.number),
              start_hash: startHashOf(open.offline.transcript),
              session_id: open.sessionId,
            },
          ],
    ),
  );
  await upsert(
    trx,
    'cdr',
    ['session_id'],
    derived.map(({ batchId, laneId, cdr, settled: { open }, text }) => ({
      session_id: cdr.sessionId,
      vun: cdr.vun,
      hun: cdr.hun,
      lane_id: laneId,
      lane_sequence: cdr.laneSequence,
      batch_id: batchId,
      end_ms: BigInt(cdr.endMs),
      block_number: changes.block.number,
      station_id: open.quote.stationId,
      dispute_id: disputeIdOf(bodyHash(text)),
      cdr: wireText(cdrSchema, cdr),
    })),
  );
  await upsert(
    trx,
    'session_note',
    ['session_id', 'sequence'],
    changes.notes.flatMap(({ noteId, notes }) =>
      notes.map(({ sessionId, sequence, atMs, registerMilliWh, socPpm }) => ({
        session_id: sessionId,
        sequence,
        at_ms: BigInt(atMs),
        register_milli_wh: registerMilliWh.toString(),
        soc_ppm: socPpm ?? null,
        note_id: noteId,
      })),
    ),
  );
};

/** What was purged on the ledger is not kept here either; that it happened stays in the public rows. */
const removePurged = async (
  trx: Transaction<GatewayDb>,
  { purged: { batchIds, noteIds } }: BlockChanges,
): Promise<void> => {
  if (batchIds.size > 0) {
    const ids = [...batchIds];
    for (const table of ['settled_session', 'cdr', 'batch_header'] as const)
      await trx.deleteFrom(table).where('batch_id', 'in', ids).execute();
  }
  if (noteIds.size > 0)
    await trx
      .deleteFrom('session_note')
      .where('note_id', 'in', [...noteIds])
      .execute();
};

/** Sessions with their openings, ends, bodies and records. */
export const writeSessions = async (
  trx: Transaction<GatewayDb>,
  changes: BlockChanges,
  derived: readonly DerivedSession[],
): Promise<void> => {
  await writeOpenings(trx, changes);
  await writeEnds(trx, changes);
  await writeClaims(trx, changes);
  await writeBodies(trx, changes, derived);
  await removePurged(trx, changes);
};
