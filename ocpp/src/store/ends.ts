import { stopRequest, type StopRequest } from '@roamgrid/wire';
import type { Db } from './tables.ts';

/** The end of a session, as it is kept until the gateway takes it. */
export interface SessionEnd {
  readonly sessionId: string;
  readonly transactionId: string;
  readonly stationId: string;
  readonly evseId: string;
  /** False when nobody knows whether the gateway started it. */
  readonly wasStarted: boolean;
  readonly request: StopRequest;
  /** The operator's own statement, where the meter's is told first. */
  readonly otherwise?: StopRequest;
}

export interface DueEnd extends SessionEnd {
  readonly position: bigint;
}

const text = (request: StopRequest): string => JSON.stringify(stopRequest.encode(request));

export const insertEnd = async (db: Db, end: SessionEnd): Promise<void> => {
  await db
    .insertInto('session_end')
    .values({
      session_id: end.sessionId,
      transaction_id: end.transactionId,
      station_id: end.stationId,
      evse_id: end.evseId,
      was_started: end.wasStarted,
      request: text(end.request),
      otherwise: end.otherwise === undefined ? null : text(end.otherwise),
      state: 'due',
      refusal: null,
      total_micros: null,
    })
    .execute();
};

/** Not taken yet, oldest first: of one outlet or of all, behind a place. */
export const dueEnds = async (
  db: Db,
  { evseId, after }: { readonly evseId?: string; readonly after: bigint },
  limit: number,
): Promise<readonly DueEnd[]> => {
  const due = db
    .selectFrom('session_end')
    .selectAll()
    .where('state', '=', 'due')
    .where('position', '>', after);
  const rows = await (evseId === undefined ? due : due.where('evse_id', '=', evseId))
    .orderBy('position')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    position: row.position,
    sessionId: row.session_id,
    transactionId: row.transaction_id,
    stationId: row.station_id,
    evseId: row.evse_id,
    wasStarted: row.was_started,
    request: stopRequest.parse(row.request),
    ...(row.otherwise !== null && { otherwise: stopRequest.parse(row.otherwise) }),
  }));
};

const change = (db: Db, position: bigint) => db.updateTable('session_end').where('position', '=', position);

export const closeEnd = async (
  db: Db,
  position: bigint,
  { state, totalMicros }: { readonly state: 'taken' | 'dropped'; readonly totalMicros?: bigint },
): Promise<void> => {
  await change(db, position)
    .set({ state, ...(totalMicros !== undefined && { total_micros: totalMicros }) })
    .execute();
};

/** What a session came to, once the gateway has taken its end. */
export const billedMicros = async (db: Db, sessionId: string): Promise<bigint | undefined> => {
  const row = await db
    .selectFrom('session_end')
    .select('total_micros')
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
  return row?.total_micros ?? undefined;
};

export const refuseEnd = async (db: Db, position: bigint, refusal: string): Promise<void> => {
  await change(db, position).set({ refusal }).execute();
};

/** The meter's own statement was not taken: the operator's is told instead. */
export const tellOtherwise = async (db: Db, { position, otherwise }: DueEnd): Promise<void> => {
  if (otherwise === undefined) return;
  await change(db, position)
    .set({ request: text(otherwise), otherwise: null, refusal: null })
    .execute();
};

/** What is not taken, newest first, with why it was refused. */
export const listDueEnds = (db: Db, limit: number) =>
  db
    .selectFrom('session_end')
    .select(['session_id as sessionId', 'station_id as stationId', 'evse_id as evseId', 'refusal'])
    .where('state', '=', 'due')
    .orderBy('position', 'desc')
    .limit(limit)
    .execute();
