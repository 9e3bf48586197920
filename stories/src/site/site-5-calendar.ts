import { stationCalendar, type Place, type StationCalendar } from '@roamgrid/wire';
import { until } from '../system/until.ts';
import type { RunningUtility } from '../system/utility.ts';

/** What the stations' controller says of them, and reads back. */
export const calendarKeeper = (utility: RunningUtility, places: Readonly<Record<string, Place>>) => {
  const url = (stationId: string) => `${utility.gateway.url}/operator/v1/stations/${stationId}/calendar`;
  const said = new Set<string>();
  const put = async (stationId: string, tasks: StationCalendar['tasks']): Promise<void> => {
    const place = places[stationId];
    // A booking that is cancelled may write it at the same time.
    await until(`the calendar of ${stationId}`, async () => {
      const { version } = await utility.operator('GET', url(stationId), undefined, stationCalendar);
      const said = stationCalendar.encode({ version, powerW: 50_000n, tasks, ...(place && { place }) });
      return utility.operator('PUT', url(stationId), said, stationCalendar).catch((thrown: unknown) => {
        if (!String(thrown).includes('VERSION_OLD')) throw thrown;
        return undefined;
      });
    });
    said.add(stationId);
  };
  return {
    put: async (stationId: string, tasks: StationCalendar['tasks']): Promise<void> => {
      for (const other of Object.keys(places)) if (!said.has(other)) await put(other, []);
      await put(stationId, tasks);
    },
    /** Where a task runs, and when. */
    runsOf: async (taskId: string) => {
      const runs: { stationId: string; startMs: number; endMs: number }[] = [];
      for (const stationId of Object.keys(places)) {
        const { tasks } = await utility.operator('GET', url(stationId), undefined, stationCalendar);
        for (const { taskId: id, startMs, endMs } of tasks)
          if (id === taskId) runs.push({ stationId, startMs, endMs });
      }
      return runs;
    },
  };
};
