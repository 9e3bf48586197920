import { UNKNOWN_DISTANCE_M, type Place } from '@roamgrid/wire';

/** Mean radius of the earth, m. Spec: IUGG, R1. */
const EARTH_M = 6_371_009;
/** Where no map is asked, the way is taken to be straight and driven at so much. */
const METRES_AN_HOUR = 50_000;
const HOUR_MS = 3_600_000;

const radians = (degreesE6: number): number => (degreesE6 / 1_000_000) * (Math.PI / 180);

/** Great-circle distance in whole metres, for ranking alone; nothing that is signed or recorded depends on it. */
export const metresBetween = (one: Place | undefined, other: Place | undefined): number => {
  if (one === undefined || other === undefined) return UNKNOWN_DISTANCE_M;
  const [from, to] = [radians(one.latitudeE6), radians(other.latitudeE6)];
  const [north, east] = [(to - from) / 2, radians(other.longitudeE6 - one.longitudeE6) / 2];
  const chord = Math.sin(north) ** 2 + Math.cos(from) * Math.cos(to) * Math.sin(east) ** 2;
  return Math.round(2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(chord))));
};

/** How long that takes at 50 km/h, ms. */
export const travelMs = (distanceM: number): number => Math.round((distanceM / METRES_AN_HOUR) * HOUR_MS);
