import { freeW, type Move } from '@roamgrid/domain/power';
import type { Kysely, Selectable, Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import { intervalsFrom, placesOf, powerOf, type CalendarContext } from './calendar.ts';
import { inTurn, touch } from './tasks.ts';

type TaskRow = Selectable<GatewayDb['station_task']>;

/**
 * Tasks that go on elsewhere because their station's power was booked: each ends here and begins there at the same instant,
 * under its own id. The stations' controllers read it from their calendars and carry it out.
 */
export const keepMoves = async (
  db: Kysely<GatewayDb>,
  moves: readonly Move[],
  reservationId: string,
): Promise<void> => {
  if (moves.length === 0) return;
  await inTurn(db, async (trx) => {
    for (const move of moves) await keepMove(trx, move, reservationId);
  });
};

const keepMove = async (
  trx: Transaction<GatewayDb>,
  { intervalId, fromStationId, toStationId, fromMs }: Move,
  reservationId: string,
): Promise<void> => {
  const movesMs = BigInt(fromMs);
  const task = await rowOf(trx, intervalId, fromStationId);
  // Its controller was faster: it ended, or was moved by another booking.
  if (task === undefined || task.end_ms <= movesMs || task.moved_to !== null) return;
  const startMs = task.start_ms > movesMs ? task.start_ms : movesMs;
  await trx
    .updateTable('station_task')
    .set({ end_ms: startMs, moved_to: toStationId, moved_from_ms: startMs, moved_for: reservationId })
    .where('task_id', '=', intervalId)
    .where('station_id', '=', fromStationId)
    .execute();
  const there = { ...task, station_id: toStationId, start_ms: startMs };
  await trx
    .insertInto('station_task')
    .values(there)
    .onConflict((conflict) => conflict.columns(['task_id', 'station_id']).doUpdateSet(there))
    .execute();
  await touch(trx, [fromStationId, toStationId]);
};

const rowOf = (
  trx: Transaction<GatewayDb>,
  taskId: string,
  stationId: string,
): Promise<TaskRow | undefined> =>
  trx
    .selectFrom('station_task')
    .selectAll()
    .where('task_id', '=', taskId)
    .where('station_id', '=', stationId)
    .executeTakeFirst();

/**
 * Tasks whose move was for a reservation that is cancelled stay where they are, when that was not yet due and the station has power for them.
 * A wish that is decided in the same moment may count on that power: the site then shares it.
 */
export const takeBackMoves = async (context: CalendarContext, nowMs: number): Promise<void> => {
  const { db } = context;
  const due = await idleMoves(db, nowMs);
  if (due.length === 0) return;
  const intervals = [...(await intervalsFrom(context, nowMs))];
  const places = await placesOf(db);
  await inTurn(db, async (trx) => {
    for (const row of await idleMoves(trx, nowMs)) {
      const station = context.registry.station(context.utilityId, row.station_id);
      const there = await rowOf(trx, row.task_id, row.moved_to ?? '');
      if (station === undefined || there === undefined) continue;
      const spare = freeW(
        intervals,
        {
          ...{ stationId: row.station_id, outlets: 0, distanceM: 0, travelMs: 0, priceMicrosPerKWh: 0n },
          powerW: powerOf(station, places.get(row.station_id)?.powerW),
        },
        Number(there.start_ms),
        Number(there.end_ms),
      );
      if (spare < row.power_w) continue;
      await takeBack(trx, row, there);
      intervals.push({
        ...{ intervalId: row.task_id, stationId: row.station_id, kind: 'task', powerW: row.power_w },
        ...{ startMs: Number(there.start_ms), endMs: Number(there.end_ms) },
      });
    }
  });
};

const idleMoves = (db: Kysely<GatewayDb> | Transaction<GatewayDb>, nowMs: number): Promise<TaskRow[]> =>
  db
    .selectFrom('station_task')
    .innerJoin('reservation', 'reservation.reservation_id', 'station_task.moved_for')
    .selectAll('station_task')
    .where('state', 'in', ['cancelled', 'cancelled-late'])
    .where('moved_from_ms', '>', BigInt(nowMs))
    .orderBy('task_id')
    .execute();

const takeBack = async (trx: Transaction<GatewayDb>, here: TaskRow, there: TaskRow): Promise<void> => {
  await trx
    .updateTable('station_task')
    .set({ end_ms: there.end_ms, moved_to: null, moved_from_ms: null, moved_for: null })
    .where('task_id', '=', here.task_id)
    .where('station_id', '=', here.station_id)
    .execute();
  await trx
    .deleteFrom('station_task')
    .where('task_id', '=', there.task_id)
    .where('station_id', '=', there.station_id)
    .execute();
  await touch(trx, [here.station_id, there.station_id]);
};
