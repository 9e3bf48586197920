import type { StationReservation } from '@roamgrid/wire';
import type { Db } from './tables.ts';

/** What is booked at an outlet, as its station was told. */
export interface Booked {
  readonly number: number;
  readonly stationId: string;
  readonly reservationId: string;
  readonly evseId: string;
  readonly tag: string;
  readonly waitsUntilMs: number;
  readonly state: 'due' | 'kept' | 'used' | 'gone';
  readonly said?: string;
  readonly toldSinceMs?: number;
}

const select = (db: Db) => db.selectFrom('booked').selectAll().orderBy('number');

type Row = Awaited<ReturnType<ReturnType<typeof select>['execute']>>[number];

const bookedOf = (row: Row): Booked => ({
  number: row.number,
  stationId: row.station_id,
  reservationId: row.reservation_id,
  evseId: row.evse_id,
  tag: row.tag,
  waitsUntilMs: Number(row.waits_until_ms),
  state: row.state,
  ...(row.said !== null && { said: row.said }),
  ...(row.told_since_ms !== null && { toldSinceMs: Number(row.told_since_ms) }),
});

/** What was used or given up, and is booked all the same after so long, is to be kept again, ms: a start came to nothing. */
const AGAIN_MS = 120_000;

/** One that is known already keeps its number and its tag. */
export const noteBooked = async (
  db: Db,
  stationId: string,
  { reservationId, evseId, waitsUntilMs }: StationReservation,
  { tag, wallMs }: { readonly tag: string; readonly wallMs: number },
): Promise<void> => {
  await db
    .insertInto('booked')
    .values({
      ...{ station_id: stationId, reservation_id: reservationId, evse_id: evseId, tag, state: 'due' },
      ...{ waits_until_ms: BigInt(waitsUntilMs), changed_at_ms: BigInt(wallMs) },
    })
    .onConflict((conflict) =>
      conflict
        .columns(['station_id', 'reservation_id'])
        .doUpdateSet({ state: 'due', told_since_ms: null, changed_at_ms: BigInt(wallMs) })
        .where('booked.state', 'in', ['used', 'gone'])
        .where('booked.changed_at_ms', '<', BigInt(wallMs - AGAIN_MS)),
    )
    .execute();
};

/** Those of a station of which the station may still keep something, or is to. */
export const openBooked = async (db: Db, stationId: string): Promise<readonly Booked[]> => {
  const rows = await select(db)
    .where('station_id', '=', stationId)
    .where('state', 'in', ['due', 'kept'])
    .execute();
  return rows.map(bookedOf);
};

export const bookedById = async (
  db: Db,
  stationId: string,
  reservationId: string,
): Promise<Booked | undefined> => {
  const row = await select(db)
    .where('station_id', '=', stationId)
    .where('reservation_id', '=', reservationId)
    .executeTakeFirst();
  return row && bookedOf(row);
};

/** Newest first. */
export const listBooked = async (db: Db, limit: number): Promise<readonly Booked[]> => {
  const rows = await db.selectFrom('booked').selectAll().orderBy('number', 'desc').limit(limit).execute();
  return rows.map(bookedOf);
};

/** What a station said to being told, and when it was connected then. */
export interface ToldOf {
  readonly state: Booked['state'];
  readonly said?: string | undefined;
  readonly toldSinceMs?: number;
  readonly wallMs: number;
}

export const markBooked = async (
  db: Db,
  number: number,
  { state, said, toldSinceMs, wallMs }: ToldOf,
): Promise<void> => {
  await db
    .updateTable('booked')
    .set({
      ...{ state, changed_at_ms: BigInt(wallMs) },
      ...(said !== undefined && { said }),
      ...(toldSinceMs !== undefined && { told_since_ms: BigInt(toldSinceMs) }),
    })
    .where('number', '=', number)
    .execute();
};

/** A transaction of the station named it: the station keeps the outlet no longer. */
export const markUsed = async (db: Db, stationId: string, number: number, wallMs: number): Promise<void> => {
  await db
    .updateTable('booked')
    .set({ state: 'used', changed_at_ms: BigInt(wallMs) })
    .where('station_id', '=', stationId)
    .where('number', '=', number)
    .where('state', 'in', ['due', 'kept'])
    .execute();
};
