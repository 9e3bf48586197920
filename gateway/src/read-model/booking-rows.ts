import {
  chargeRecord,
  owedFor,
  reservationBody,
  reservationRecord,
  reservationUse,
  statedWish,
} from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import type { BlockChanges } from './changes.ts';
import { upsert, wireText } from './upsert.ts';

/** Outlets that are booked, with what their parties know of them, and what is charged for them. */
export const writeBookings = async (trx: Transaction<GatewayDb>, changes: BlockChanges): Promise<void> => {
  const { block, reservations, reservationBodies, reservationUses, charges, chargeBodies, purged } = changes;
  await upsert(
    trx,
    'reservation',
    ['reservation_id'],
    [...reservations.values()].map((record) => ({
      reservation_id: record.reservationId,
      vun: record.vun,
      hun: record.hun,
      evse_id: record.evseId,
      from_ms: BigInt(record.fromMs),
      until_ms: BigInt(record.untilMs),
      state: record.state,
      charge_id: record.chargeId ?? null,
      record: wireText(reservationRecord, record),
      block_number: block.number,
    })),
  );
  await upsert(
    trx,
    'reservation_body',
    ['reservation_id'],
    [...reservationBodies].map(([reservation_id, text]) => {
      const body = reservationBody.parse(JSON.parse(text));
      return {
        reservation_id,
        // It was verified when it was granted.
        cin_ref: statedWish(body.wish)?.cinRef ?? '',
        body: text,
        owes_used: owedFor({ state: 'used' }, body) > 0n,
        owes_missed: owedFor({ state: 'no-show' }, body) > 0n,
      };
    }),
  );
  await upsert(
    trx,
    'reservation_use',
    ['reservation_id'],
    [...reservationUses].map(([reservation_id, body]) => ({
      reservation_id,
      session_id: reservationUse.parse(JSON.parse(body)).sessionId,
      body,
    })),
  );
  await upsert(
    trx,
    'charge_note',
    ['charge_id'],
    [...charges.values()].map((record) => ({
      charge_id: record.chargeId,
      vun: record.vun,
      hun: record.hun,
      period_id: record.periodId,
      state: record.state,
      record: wireText(chargeRecord, record),
    })),
  );
  await upsert(
    trx,
    'charge_note_body',
    ['charge_id'],
    [...chargeBodies].map(([charge_id, body]) => ({ charge_id, body })),
  );
  if (purged.reservationIds.size > 0)
    for (const table of ['reservation_body', 'reservation_use'] as const)
      await trx
        .deleteFrom(table)
        .where('reservation_id', 'in', [...purged.reservationIds])
        .execute();
};
