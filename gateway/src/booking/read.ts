import {
  allocationHeader,
  chargeBody,
  chargeRecord,
  reservationBody,
  reservationRecord,
  reservationUse,
  type AllocationHeader,
  type ChargeEntry,
  type ShownReservation,
} from '@roamgrid/wire';
import { sql, type Kysely } from 'kysely';
import { splitCursor } from '../auditor-api/page.ts';
import type { GatewayDb } from '../store/schema.ts';

/** What the read model has of reservations. */

type Db = Kysely<GatewayDb>;

const reservations = (db: Db) =>
  db
    .selectFrom('reservation')
    .leftJoin('reservation_body', 'reservation_body.reservation_id', 'reservation.reservation_id')
    .leftJoin('reservation_use', 'reservation_use.reservation_id', 'reservation.reservation_id')
    .select([
      'reservation.reservation_id',
      'record',
      'block_number',
      'reservation_body.body as body',
      'reservation_use.body as use',
    ]);

type Row = Awaited<ReturnType<ReturnType<typeof reservations>['execute']>>[number];

const shown = ({ record, body, use }: Row): ShownReservation => ({
  record: reservationRecord.parse(record),
  ...(body !== null && { body: reservationBody.parse(JSON.parse(body)) }),
  ...(use !== null && { use: reservationUse.parse(JSON.parse(use)) }),
});

export const reservationOf = async (db: Db, reservationId: string): Promise<ShownReservation | undefined> => {
  const row = await reservations(db)
    .where('reservation.reservation_id', '=', reservationId)
    .executeTakeFirst();
  return row && shown(row);
};

/** The text that was hashed, which travels beside every command about the reservation. */
export const bodyTextOf = async (db: Db, reservationId: string): Promise<string | undefined> =>
  (
    await db
      .selectFrom('reservation_body')
      .select('body')
      .where('reservation_id', '=', reservationId)
      .executeTakeFirst()
  )?.body;

/** Reservations of outlets that still hold time after an instant: granted, or used until their time is over. */
export const holding = async (
  db: Db,
  utilityId: string,
  span: { readonly fromMs: number; readonly untilMs: number },
): Promise<readonly ShownReservation[]> => {
  const rows = await reservations(db)
    .where('vun', '=', utilityId)
    .where('state', 'in', ['granted', 'used'])
    .where('until_ms', '>', BigInt(span.fromMs))
    .where('from_ms', '<', BigInt(span.untilMs))
    .orderBy('from_ms')
    .execute();
  return rows.map(shown);
};

/** Reservations of one outlet that are granted and touch a span. */
export const grantedAt = async (
  db: Db,
  evseId: string,
  fromMs: number,
  untilMs: number,
): Promise<readonly ShownReservation[]> => {
  const rows = await reservations(db)
    .where('evse_id', '=', evseId)
    .where('state', '=', 'granted')
    .where('until_ms', '>', BigInt(fromMs))
    .where('from_ms', '<', BigInt(untilMs))
    .orderBy('from_ms')
    .execute();
  return rows.map(shown);
};

/** Granted ones whose time has begun: a session, a no-show or nothing comes of them. */
export const begun = async (
  db: Db,
  utilityId: string,
  nowMs: number,
): Promise<readonly ShownReservation[]> => {
  const rows = await reservations(db)
    .where(({ eb, or }) => or([eb('vun', '=', utilityId), eb('hun', '=', utilityId)]))
    .where('state', '=', 'granted')
    .where('from_ms', '<=', BigInt(nowMs))
    .orderBy('from_ms')
    .limit(200)
    .execute();
  return rows.map(shown);
};

export interface ReservationQuery {
  readonly role: 'hun' | 'vun';
  readonly state?: string;
  /** Of these customers alone. */
  readonly cinRef?: readonly string[];
  readonly after: string;
  readonly limit: number;
}

/** Reservations of this utility by the block that last changed each, from behind a cursor on. */
export const reservationChanges = async (
  db: Db,
  utilityId: string,
  { role, state, cinRef, after, limit }: ReservationQuery,
): Promise<{ readonly items: ShownReservation[]; readonly cursor: string }> => {
  const [block, id] = splitCursor(after);
  let query = reservations(db)
    .where(`reservation.${role}`, '=', utilityId)
    .where(sql<boolean>`(block_number, reservation.reservation_id) > (${block}, ${id})`)
    .orderBy('block_number')
    .orderBy('reservation.reservation_id')
    .limit(limit);
  if (state !== undefined) query = query.where('state', '=', state);
  if (cinRef !== undefined) query = query.where('cin_ref', 'in', cinRef);
  const rows = await query.execute();
  const last = rows.at(-1);
  return {
    items: rows.map(shown),
    cursor: last === undefined ? after : `${last.block_number}/${last.reservation_id}`,
  };
};

export interface UnchargedReservation {
  readonly shown: ShownReservation;
  readonly bodyText: string;
}

/** Reservations of others' customers here that something may be owed for and that stand on no note. */
export const uncharged = async (
  db: Db,
  utilityId: string,
  limit: number,
): Promise<readonly UnchargedReservation[]> => {
  const rows = await reservations(db)
    .where('vun', '=', utilityId)
    .where('hun', '!=', utilityId)
    .where('charge_id', 'is', null)
    .where('state', 'in', ['used', 'no-show', 'cancelled-late'])
    .orderBy('hun')
    .orderBy('until_ms')
    .limit(limit)
    .execute();
  return rows.flatMap((row) => (row.body === null ? [] : [{ shown: shown(row), bodyText: row.body }]));
};

/** Batches of own sites whose servers worked for others, and that stand on no note. */
export const unchargedCompute = async (
  db: Db,
  utilityId: string,
  limit: number,
): Promise<readonly { readonly header: AllocationHeader; readonly text: string }[]> => {
  const rows = await db
    .selectFrom('allocation_batch')
    .innerJoin('allocation_body', 'allocation_body.batch_id', 'allocation_batch.batch_id')
    .select('header')
    .where('vun', '=', utilityId)
    .where('hun', '!=', utilityId)
    .where('charge_id', 'is', null)
    .orderBy('allocation_batch.batch_id')
    .limit(limit)
    .execute();
  return rows
    .map(({ header: text }) => ({ header: allocationHeader.parse(JSON.parse(text)), text }))
    .filter(({ header }) => header.totalMicros > 0n);
};

/** Charge notes of a period in which this utility is owed, or owes. */
export const chargesOf = async (
  db: Db,
  utilityId: string,
  role: 'hun' | 'vun',
  periodId: string,
): Promise<ChargeEntry[]> => {
  const rows = await db
    .selectFrom('charge_note')
    .innerJoin('charge_note_body', 'charge_note_body.charge_id', 'charge_note.charge_id')
    .select(['record', 'body'])
    .where(role, '=', utilityId)
    .where('period_id', '=', periodId)
    .orderBy('charge_note.charge_id')
    .execute();
  return rows.map(({ record, body }) => ({
    record: chargeRecord.parse(record),
    body: chargeBody.parse(JSON.parse(body)),
  }));
};
