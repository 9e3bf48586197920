import type { KeptPlaces, Spot, Station } from './kept.ts';

/** Where chargers are, seen from the phone: what is near first, and a plan of it without any map. */

export type Kind = Station['outlets'][number]['kind'];
export const KINDS = ['public-all', 'public-shared', 'private'] as const satisfies readonly Kind[];

/** Metres to the east and to the north. */
export interface Offset {
  readonly eastM: number;
  readonly northM: number;
}

/** Of a degree of latitude. Spec: IUGG, mean radius R1 of 6,371,009 m. */
const METRES_A_DEGREE = (6_371_009 * Math.PI) / 180;
const E6 = 1_000_000;

/** As on a flat sheet: good for as far as one drives, and for nothing that is billed. */
export const offsetOf = (from: Spot, to: Spot): Offset => {
  const middle = ((from.latitudeE6 + to.latitudeE6) / 2 / E6) * (Math.PI / 180);
  // The shorter way round.
  const degrees = (((to.longitudeE6 - from.longitudeE6) / E6 + 540) % 360) - 180;
  return {
    eastM: degrees * METRES_A_DEGREE * Math.cos(middle),
    northM: ((to.latitudeE6 - from.latitudeE6) / E6) * METRES_A_DEGREE,
  };
};

export interface Shown {
  readonly vun: string;
  readonly station: Station;
  /** From the phone, where both are known. */
  readonly distanceM?: number;
}

/** Stations with an outlet of the kind, the nearest first; those whose way is not known come after, by name. */
export const nearest = (
  places: readonly KeptPlaces[],
  kind: Kind | 'any',
  here: Spot | undefined,
): readonly Shown[] => {
  const shown = places.flatMap(({ vun, stations }) =>
    stations
      .filter(({ outlets }) => kind === 'any' || outlets.some((each) => each.kind === kind))
      .map((station): Shown => {
        if (here === undefined || station.place === undefined) return { vun, station };
        const { eastM, northM } = offsetOf(here, station.place);
        return { vun, station, distanceM: Math.hypot(eastM, northM) };
      }),
  );
  return shown.sort(
    (a, b) =>
      (a.distanceM ?? Infinity) - (b.distanceM ?? Infinity) || a.station.name.localeCompare(b.station.name),
  );
};

/** A point of the plan, from 0 to 1 from its left and its upper edge. */
export interface Dot {
  readonly x: number;
  readonly y: number;
}

export interface Plan {
  readonly dots: readonly (Dot | undefined)[];
  readonly here?: Dot;
  /** What the plan is across, m. */
  readonly acrossM: number;
}

/** Least that a plan shows, so that one station is no plan of nothing. */
const LEAST_M = 500;

/** Places on one square sheet with the phone among them; north is up. Undefined when nobody said where any of them is. */
export const planOf = (spots: readonly (Spot | undefined)[], here: Spot | undefined): Plan | undefined => {
  const known = spots.filter((spot) => spot !== undefined);
  const [first] = known;
  if (first === undefined) return undefined;
  const origin = here ?? first;
  const offsets = [...known, origin].map((spot) => offsetOf(origin, spot));
  const edges = (values: readonly number[]) => [Math.min(...values), Math.max(...values)] as const;
  const [west, east] = edges(offsets.map(({ eastM }) => eastM));
  const [south, north] = edges(offsets.map(({ northM }) => northM));
  const acrossM = Math.max(east - west, north - south, LEAST_M);
  const [middleM, heightM] = [(west + east) / 2, (south + north) / 2];
  const dot = (spot: Spot): Dot => {
    const { eastM, northM } = offsetOf(origin, spot);
    return { x: 0.5 + (eastM - middleM) / acrossM, y: 0.5 - (northM - heightM) / acrossM };
  };
  return {
    dots: spots.map((spot) => spot && dot(spot)),
    ...(here !== undefined && { here: dot(here) }),
    acrossM,
  };
};
