import type { Decide, Hungry } from '../decide.ts';
import { optimumOf } from '../optimum.ts';
import type { Pricing } from '../report.ts';
import { counted, levelsOf, stepMsOf, type Site } from '../site.ts';
import { fullStepsOf, urgenciesOf } from './urgency.ts';
import { inOrder } from './ways.ts';

/** A phase that needs more than this part of what it carries is served without waiting. */
const TIGHT = 0.8;
const HALVINGS = 9;
const STEPS_KEPT = 2;

export interface PeakOptions {
  readonly pricing: Pricing;
  /** The peak that a month is expected to come to anyway, watts. */
  readonly expectedPeak: (atMs: number) => Promise<number>;
  /** Divides what does not fit below the limits. */
  readonly limited: Decide;
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/**
 * The lowest of the limits from `least` to that of the site at which all can have what they need by the time they leave, W, to some watts.
 * Undefined when there is none.
 */
const lowestLimit = (
  hungry: readonly Hungry[],
  step: number,
  site: Site,
  least: number,
): number | undefined => {
  const { most, every } = levelsOf(site);
  const cars = hungry.map(({ car, left, leavesStep = step }) => ({
    ...car,
    firstStep: step,
    endStep: leavesStep,
    need: Math.min(left, most * site.stepMinutes * (leavesStep - step)),
  }));
  const wanted = sumOf(cars.map(({ need }) => need));
  const isEnough = (level: number): boolean => optimumOf(cars, { ...site, limitW: BigInt(level) }) >= wanted;
  if (isEnough(least)) return least;
  let [low, high] = [least, counted(site.limitW)];
  if (!isEnough(high)) return undefined;
  for (let at = 0; at < HALVINGS && high - low > every; at += 1) {
    const middle = Math.round((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return high;
};

const alone = (hungry: readonly Hungry[]): readonly Hungry[] =>
  hungry.map((one) => ({ ...one, car: { ...one.car, lane: 0 } }));

/**
 * Divides where departures are known, a month's highest power costs and all that are there can be served: by the time they leave, in the order of their time to
 * spare, below the peak that the month is expected to come to or has reached. That rises only when somebody who is there could not be served
 * otherwise. Who has no time to spare gets all that it wants, and so do all where a phase is short.
 */
export const belowPeak = (site: Site, options: PeakOptions): Decide => {
  const { pricing, expectedPeak, limited } = options;
  const stepMs = stepMsOf(site);
  // The peak counts all phases together.
  const whole: Site = { ...site, phases: 1 };
  const [laxity] = urgenciesOf(whole);
  const { room } = levelsOf(site);
  const lanes = Array.from({ length: site.phases }, (_, lane) => lane);
  const peaks = new Map<string, number>();

  const fits = (hungry: readonly Hungry[], given: readonly number[]): boolean =>
    lanes.every((lane) => sumOf(given.filter((_, at) => hungry[at]?.car.lane === lane)) <= room);

  const atOnce: Decide = (hungry, step) => {
    const given = hungry.map(({ want }) => want);
    return fits(hungry, given) ? { given, decidedBy: 'open' } : limited(hungry, step);
  };

  /** Whether a phase could hardly serve those on it if they waited. */
  const isShort = (hungry: readonly Hungry[], step: number, lane: number): boolean => {
    const own = alone(hungry.filter(({ car }) => car.lane === lane));
    const enough = Math.floor(TIGHT * room);
    return lowestLimit(own, step, { ...whole, limitW: BigInt(room) }, enough) !== enough;
  };

  return async (hungry, step) => {
    const { month, micros } = pricing.peakMicrosPerKW(step * stepMs);
    if (micros <= 0n) return atOnce(hungry, step);
    const known = hungry.map((one) => ({
      ...one,
      // Some steps before it leaves, as nothing is told in parts of an ampere.
      leavesStep: Math.max(step + 1, (one.leavesStep ?? step) - STEPS_KEPT),
    }));
    const before = peaks.get(month) ?? (await expectedPeak(step * stepMs));
    const peak = lowestLimit(alone(known), step, whole, before);
    if (peak === undefined || lanes.some((lane) => isShort(known, step, lane))) return atOnce(hungry, step);
    const ordered = inOrder({ ...whole, limitW: BigInt(peak) }, laxity)(alone(known), step).given;
    const given = known.map((one, at) =>
      one.leavesStep - step > fullStepsOf(one, site) ? Math.min(one.want, ordered[at] ?? 0) : one.want,
    );
    if (!fits(hungry, given)) return atOnce(hungry, step);
    peaks.set(month, Math.max(peak, sumOf(given)));
    return { given, decidedBy: 'plan' };
  };
};
