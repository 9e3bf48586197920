import { stationCalendar, type Place } from '@roamgrid/wire';
import { AskFailed } from '../system/ask.ts';
import { DUKE_ENERGY } from '../system/consortium.ts';
import type { LocalSystem } from '../system/system.ts';
import { until } from '../system/until.ts';
import { STREET_STATION } from './street.ts';

/** Where Duke Energy's stations stand: two streets of Durham, North Carolina. */
const PLACES: Readonly<Record<string, Place>> = {
  'DUK-DURHAM-1': { latitudeE6: 35_995_600, longitudeE6: -78_899_000 },
  [STREET_STATION.stationId]: { latitudeE6: 36_009_800, longitudeE6: -78_921_800 },
};

/** Tells where stations stand, by which drivers are shown the nearest ones, unless somebody has told before. */
export const tellPlaces = async (system: LocalSystem): Promise<void> => {
  const { gateway, operator } = system.utility(DUKE_ENERGY.utilityId);
  await Promise.all(
    Object.entries(PLACES).map(async ([stationId, place]) => {
      const url = `${gateway.url}/operator/v1/stations/${stationId}/calendar`;
      // A station that was registered a moment ago is known to its gateway once it has read the block.
      const calendar = await until(`the calendar of ${stationId}`, () =>
        operator('GET', url, undefined, stationCalendar).catch((thrown: unknown) => {
          if (thrown instanceof AskFailed && thrown.message.includes('STATION_NOT_FOUND')) return undefined;
          throw thrown;
        }),
      );
      if (calendar.place !== undefined) return;
      await operator('PUT', url, stationCalendar.encode({ ...calendar, place }), stationCalendar);
    }),
  );
};
