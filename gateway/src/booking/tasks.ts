import type { Interval } from '@roamgrid/domain/power';
import type { StationCalendar, StationTask } from '@roamgrid/wire';
import { sql, type Kysely, type Selectable, type Transaction } from 'kysely';
import { gatewayError } from '../problems.ts';
import type { GatewayDb } from '../store/schema.ts';

/** Stations' calendars as they are written: by operators and controllers from the version that they saw, and by bookings that move tasks. */

type Db = Kysely<GatewayDb> | Transaction<GatewayDb>;
type TaskRow = Selectable<GatewayDb['station_task']>;

/**
 * Has writers of calendars come one after the other, whichever stations they write: a move changes two of them. Nobody who reads waits.
 */
export const inTurn = <T>(
  db: Kysely<GatewayDb>,
  work: (trx: Transaction<GatewayDb>) => Promise<T>,
): Promise<T> =>
  db.transaction().execute(async (trx) => {
    await sql`lock table station_calendar in share row exclusive mode`.execute(trx);
    return work(trx);
  });

/** Who saw the calendar before has an old version from now on. */
export const touch = async (trx: Transaction<GatewayDb>, stationIds: readonly string[]): Promise<void> => {
  for (const station_id of new Set(stationIds))
    await trx
      .insertInto('station_calendar')
      .values({ station_id, version: 1 })
      .onConflict((conflict) =>
        conflict
          .column('station_id')
          .doUpdateSet(({ ref, eb }) => ({ version: eb(ref('station_calendar.version'), '+', 1) })),
      )
      .execute();
};

const taskOf = (row: TaskRow): StationTask => ({
  taskId: row.task_id,
  startMs: Number(row.start_ms),
  endMs: Number(row.end_ms),
  powerW: row.power_w,
  movable: row.movable,
  ...(row.kept_by !== null && { by: row.kept_by }),
  ...(row.moved_to !== null &&
    row.moved_from_ms !== null && {
      movesTo: { stationId: row.moved_to, fromMs: Number(row.moved_from_ms) },
    }),
});

/** What runs on servers from an instant on. A task that is to move does so once: until then it moves no further. */
export const tasksFrom = async (db: Db, fromMs: number): Promise<readonly Interval[]> => {
  const rows = await db
    .selectFrom('station_task')
    .selectAll()
    .where(({ eb, or }) => or([eb('end_ms', '>', BigInt(fromMs)), eb('moved_from_ms', '>', BigInt(fromMs))]))
    .execute();
  const moving = new Set(
    rows.flatMap(({ task_id, moved_from_ms }) =>
      moved_from_ms !== null && moved_from_ms > BigInt(fromMs) ? [task_id] : [],
    ),
  );
  return rows
    .filter(({ start_ms, end_ms }) => start_ms < end_ms && end_ms > BigInt(fromMs))
    .map((row) => ({
      intervalId: row.task_id,
      stationId: row.station_id,
      kind: 'task',
      startMs: Number(row.start_ms),
      endMs: Number(row.end_ms),
      powerW: row.power_w,
      movable: row.movable && !moving.has(row.task_id),
    }));
};

export const calendarOf = async (db: Db, stationId: string): Promise<StationCalendar> => {
  const told = await db
    .selectFrom('station_calendar')
    .selectAll()
    .where('station_id', '=', stationId)
    .executeTakeFirst();
  const tasks = await db
    .selectFrom('station_task')
    .selectAll()
    .where('station_id', '=', stationId)
    .orderBy('start_ms')
    .orderBy('task_id')
    .execute();
  const {
    power_w: powerW = null,
    latitude_e6: latitudeE6 = null,
    longitude_e6: longitudeE6 = null,
  } = told ?? {};
  return {
    version: told?.version ?? 0,
    ...(powerW !== null && { powerW }),
    ...(latitudeE6 !== null && longitudeE6 !== null && { place: { latitudeE6, longitudeE6 } }),
    tasks: tasks.map(taskOf),
  };
};

/**
 * Takes over what a station's controller or operator says of it, from the version that he saw. What a booking has moved stays moved:
 * a writer may end such a task, here and so where it was to go on, and not take it back.
 * @throws ServiceError VERSION_OLD when somebody changed it meanwhile; CALENDAR_INVALID for two tasks of one id, or one that ends before it begins.
 */
export const putCalendar = (
  db: Kysely<GatewayDb>,
  stationId: string,
  { version, powerW, place, tasks }: StationCalendar,
  nowMs: number,
): Promise<StationCalendar> => {
  checkTasks(tasks);
  return inTurn(db, async (trx) => {
    const before = await calendarOf(trx, stationId);
    if (before.version !== version)
      throw gatewayError('VERSION_OLD', `version ${before.version} holds, not ${version}`);
    await touch(trx, [stationId]);
    await trx
      .updateTable('station_calendar')
      .set({
        power_w: powerW ?? null,
        latitude_e6: place?.latitudeE6 ?? null,
        longitude_e6: place?.longitudeE6 ?? null,
      })
      .where('station_id', '=', stationId)
      .execute();
    const rows = await trx
      .deleteFrom('station_task')
      .where('station_id', '=', stationId)
      .returningAll()
      .execute();
    const known = new Map(rows.map((row) => [row.task_id, row]));
    const kept = new Set(tasks.map(({ taskId }) => taskId));
    if (tasks.length > 0)
      await trx
        .insertInto('station_task')
        .values(tasks.map((task) => rowOf(stationId, task, known.get(task.taskId))))
        .execute();
    for (const row of rows) if (!kept.has(row.task_id)) await endElsewhere(trx, row, nowMs);
    return calendarOf(trx, stationId);
  });
};

const checkTasks = (tasks: readonly StationTask[]): void => {
  if (new Set(tasks.map(({ taskId }) => taskId)).size !== tasks.length)
    throw gatewayError('CALENDAR_INVALID', 'two tasks have one id');
  const backward = tasks.find(({ startMs, endMs }) => endMs < startMs);
  if (backward !== undefined)
    throw gatewayError('CALENDAR_INVALID', `task ${backward.taskId} ends before it begins`);
};

const rowOf = (
  stationId: string,
  { taskId, startMs, endMs, powerW, movable, by }: StationTask,
  known: TaskRow | undefined,
): TaskRow => {
  const movedFromMs = known?.moved_from_ms ?? null;
  const end = BigInt(endMs);
  return {
    task_id: taskId,
    station_id: stationId,
    start_ms: BigInt(startMs),
    end_ms: movedFromMs !== null && movedFromMs < end ? later(movedFromMs, BigInt(startMs)) : end,
    power_w: powerW,
    movable,
    kept_by: by ?? null,
    moved_to: known?.moved_to ?? null,
    moved_from_ms: movedFromMs,
    moved_for: known?.moved_for ?? null,
  };
};

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** A task that ended before it was to move goes on nowhere. */
const endElsewhere = async (
  trx: Transaction<GatewayDb>,
  { task_id, moved_to, moved_from_ms }: TaskRow,
  nowMs: number,
): Promise<void> => {
  if (moved_to === null || moved_from_ms === null || moved_from_ms <= BigInt(nowMs)) return;
  await trx
    .deleteFrom('station_task')
    .where('task_id', '=', task_id)
    .where('station_id', '=', moved_to)
    .execute();
  await touch(trx, [moved_to]);
};
