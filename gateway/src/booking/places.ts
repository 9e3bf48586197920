import { BOOKING_PLACES, type BookingPlaces, type StationRecord } from '@roamgrid/wire';
import type { Registry } from '../registry/registry.ts';

/** Whether a text of a station has what is looked for, whatever its case. */
const has = (station: StationRecord, wanted: string): boolean =>
  [station.name, station.address, station.stationId].some((text) => text.toLowerCase().includes(wanted));

const byName = (a: StationRecord, b: StationRecord): number =>
  a.name.localeCompare(b.name, 'en') || a.stationId.localeCompare(b.stationId, 'en');

/**
 * Active stations, own and of others, at which this utility's customers may book: an agreement in force says so. Whether there is a
 * price for them there the station's utility says, when it is asked.
 */
export const bookingPlacesFor = (
  { registry, utilityId }: { readonly registry: Registry; readonly utilityId: string },
  search: string,
  nowMs: number,
): BookingPlaces => {
  const isOffered = new Map<string, boolean>();
  const offers = (vun: string): boolean => {
    const known = isOffered.get(vun);
    if (known !== undefined) return known;
    const is = registry.activeAgreement(vun, utilityId, nowMs)?.terms.booking !== undefined;
    isOffered.set(vun, is);
    return is;
  };
  const wanted = search.trim().toLowerCase();
  const found = registry
    .stations()
    .filter((each) => each.status === 'active' && offers(each.utilityId) && has(each, wanted))
    .sort(byName);
  return {
    places: found
      .slice(0, BOOKING_PLACES)
      .map(({ utilityId: vun, stationId, name, address, timeZone, evses }) => ({
        ...{ vun, stationId, name, address, timeZone },
        outlets: evses
          .filter(({ removedAtMs }) => removedAtMs === undefined)
          .map(({ evseId, maxPowerW }) => ({ evseId, maxPowerW })),
      })),
    isMore: found.length > BOOKING_PLACES,
  };
};
