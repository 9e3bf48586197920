import type { Move } from '@roamgrid/domain/power';
import type { Kysely } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';

/**
 * Tasks that go on elsewhere because their station's power was booked: each ends here and begins there at the same instant,
 * under its own id. The stations' controllers read it from their calendars and carry it out.
 */
export const keepMoves = async (db: Kysely<GatewayDb>, moves: readonly Move[]): Promise<void> => {
  if (moves.length === 0) return;
  await db.transaction().execute(async (trx) => {
    for (const { intervalId, fromStationId, toStationId, fromMs } of moves) {
      const task = await trx
        .selectFrom('station_task')
        .selectAll()
        .where('task_id', '=', intervalId)
        .where('station_id', '=', fromStationId)
        .executeTakeFirst();
      if (task === undefined || task.end_ms <= BigInt(fromMs)) continue;
      const here = trx
        .deleteFrom('station_task')
        .where('task_id', '=', intervalId)
        .where('station_id', '=', fromStationId);
      if (task.start_ms >= BigInt(fromMs)) await here.execute();
      else
        await trx
          .updateTable('station_task')
          .set({ end_ms: BigInt(fromMs) })
          .where('task_id', '=', intervalId)
          .where('station_id', '=', fromStationId)
          .execute();
      const there = {
        ...task,
        station_id: toStationId,
        start_ms: BigInt(Math.max(fromMs, Number(task.start_ms))),
      };
      await trx
        .insertInto('station_task')
        .values(there)
        .onConflict((conflict) => conflict.columns(['task_id', 'station_id']).doUpdateSet(there))
        .execute();
    }
  });
};
