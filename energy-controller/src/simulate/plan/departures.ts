import type { Car, Stay } from '../cars.ts';
import { stepMsOf, type Site } from '../site.ts';

/** When a car may leave, as far as earlier stays tell. */
export interface Departures {
  /**
   * The chance that a car which is there at the begin of `now` is still there at the ends of steps `now + after`, one a step of `after`,
   * and falling. Undefined when too few stays are known.
   */
  stays(car: Car, now: number, after: readonly number[]): readonly number[] | undefined;
}

const HOUR_MS = 3_600_000;
/** Of the stays that ended before a car came, so many of the latest are looked at. */
const LOOKED_AT = 2_000;
/** So many of them, the most alike, stand for what the car may do. */
const ALIKE = 150;
const FEWEST = 50;
/** Each of them is spread over so much time around its end, so that no chance jumps from one step to the next. */
const SPREAD_MS = HOUR_MS / 2;
/** A car that has outstayed all of them stays on for about so long. */
const OUTSTAYED_MS = HOUR_MS;
/** What that case weighs against one stay. */
const OUTSTAYED_WEIGHT = 0.02;

const hourOf = (ms: number): number => (ms / HOUR_MS) % 24;

/** Of a stay what its driver knew: when it began and what was declared, hours. */
const plansOf = ({ arrivalMs, declaredDepartureMs }: Stay) => ({
  hour: hourOf(arrivalMs),
  declared: declaredDepartureMs === undefined ? undefined : (declaredDepartureMs - arrivalMs) / HOUR_MS,
});

type Plans = ReturnType<typeof plansOf>;

/** How unlike two are: two hours of the day count as much as a quarter of an hour and a quarter of what was declared. */
const unlike = (a: Plans, b: Plans): number => {
  const apart = Math.abs(a.hour - b.hour);
  const byHour = Math.min(apart, 24 - apart) / 2;
  if (a.declared === undefined || b.declared === undefined)
    return byHour ** 2 + (a.declared === b.declared ? 0 : 100);
  return byHour ** 2 + ((a.declared - b.declared) / (0.25 + 0.25 * Math.abs(b.declared))) ** 2;
};

/** How far off from what was declared a stay ended, or how long it was when nothing was. */
const courseOf = ({ arrivalMs, departureMs, declaredDepartureMs }: Stay): number =>
  departureMs - (declaredDepartureMs ?? arrivalMs);

/**
 * Learns from stays that have ended by the time a car comes: it may leave as long after what its driver declared as the ones did that
 * came at such an hour and declared such a stay; where nothing is declared, after such a time.
 */
export const learntDepartures = (stays: readonly Stay[], site: Site): Departures => {
  const ended = [...stays].sort((a, b) => a.departureMs - b.departureMs);
  const plans = ended.map(plansOf);
  const stepMs = stepMsOf(site);
  const endsOf = new Map<number, Float64Array | undefined>();

  const learn = ({ stay }: Car): Float64Array | undefined => {
    const own = plansOf(stay);
    let known = ended.findIndex(({ departureMs }) => departureMs > stay.arrivalMs);
    if (known < 0) known = ended.length;
    if (known < FEWEST) return undefined;
    const first = Math.max(0, known - LOOKED_AT);
    const alike = ended
      .slice(first, known)
      .map((each, at) => ({ course: courseOf(each), far: unlike(own, plans[first + at] ?? own) }))
      .sort((a, b) => a.far - b.far)
      .slice(0, ALIKE);
    const base = stay.declaredDepartureMs ?? stay.arrivalMs;
    return Float64Array.from(alike, ({ course }) => base + course).sort();
  };

  return {
    stays: (car, now, after) => {
      if (!endsOf.has(car.index)) endsOf.set(car.index, learn(car));
      const ends = endsOf.get(car.index);
      if (ends === undefined) return undefined;
      const nowMs = now * stepMs;
      const open = ends.filter((endMs) => endMs > nowMs - SPREAD_MS);
      const thereAt = (ms: number): number => {
        let sum = OUTSTAYED_WEIGHT * Math.exp((nowMs - ms) / OUTSTAYED_MS);
        for (const endMs of open) sum += 1 / (1 + Math.exp((ms - endMs) / SPREAD_MS));
        return sum;
      };
      const atNow = thereAt(nowMs);
      return after.map((steps) => thereAt((now + steps + 1) * stepMs) / atNow);
    },
  };
};
