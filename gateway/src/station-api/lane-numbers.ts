import { laneIdOf, type StationRecord } from '@roamgrid/wire';
import { sql } from 'kysely';
import type { StationContext } from './context.ts';

/**
 * Numbers that are left out when a database was lost and read anew from the ledger: they may have been given to swipes
 * of which nothing is known any more.
 */
const LEFT_OUT_AFTER_LOSS = 1_000;

export interface SwipeKey {
  readonly swipeId: string;
  readonly station: Pick<StationRecord, 'stationId' | 'group'>;
  readonly requestHash: string;
  readonly hun: string;
}

/**
 * Gives a swipe the next number of its lane, which is of the station's registered group, before anyone is asked about it, and keeps it: a repeated swipe gets its
 * first one. A number whose swipe comes to nothing is never opened.
 * @returns the session's id and the hash of the request that it was given to.
 */
export const numberSwipe = async (
  { db, utilityId, nowMs }: StationContext,
  { swipeId, station: { stationId, group }, requestHash, hun }: SwipeKey,
): Promise<{ readonly sessionId: string; readonly requestHash: string }> => {
  const laneId = laneIdOf(utilityId, hun, group);
  const { rows } = await sql<{ session_id: string; request_hash: string }>`
    with known as (
      select session_id, request_hash from swipe where swipe_id = ${swipeId} and session_id is not null
    ), given as (
      insert into lane_number (lane_id, last_number)
      select ${laneId}, coalesce(
        (select max(number) + ${LEFT_OUT_AFTER_LOSS}::int from ledger_session where lane_id = ${laneId}), 0) + 1
      where not exists (select from known)
      on conflict (lane_id) do update set last_number = lane_number.last_number + 1
      returning last_number
    ), kept as (
      insert into swipe (swipe_id, station_id, request_hash, session_id, created_at_ms)
      select ${swipeId}, ${stationId}, ${requestHash}, ${`${laneId}-`} || last_number, ${BigInt(nowMs())} from given
      on conflict (swipe_id) do update set session_id = coalesce(swipe.session_id, excluded.session_id)
      returning session_id, request_hash
    )
    select * from known union all select * from kept`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error(`swipe ${swipeId} got no number`);
  return { sessionId: row.session_id, requestHash: row.request_hash };
};
