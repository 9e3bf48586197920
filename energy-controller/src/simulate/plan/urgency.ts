import type { Hungry } from '../decide.ts';
import { levelsOf, MS_PER_MINUTE, stepMsOf, type Site } from '../site.ts';
import type { Departures } from './departures.ts';

/** Steps that a car needs at full power. */
export const fullStepsOf = ({ left }: Hungry, site: Site): number =>
  left / (levelsOf(site).most * site.stepMinutes);

/** Places by value, the smallest 0 and the largest below 1; who came first is before at a tie. */
export const rankOf = (values: readonly number[]): readonly number[] => {
  const order = values.map((_, at) => at).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || a - b);
  const rank = new Array<number>(values.length).fill(0);
  order.forEach((at, place) => {
    rank[at] = place / values.length;
  });
  return rank;
};

/** What tells who is served first: the smallest. */
export interface Urgency {
  /** Whether it goes by what was learnt of departures. */
  readonly isLearnt: boolean;
  of(one: Hungry, step: number): number;
}

/** Who may be gone if it waits for so long and is then served for a part of what it needs. */
const SOON_MS = 30 * MS_PER_MINUTE;
const PART = 0.5;
/** A departure is taken for the time by which so many of those alike have left. */
const LIKELY = 0.4;
const HALVINGS = 8;
const FAR_MS = 86_400_000;

const leavesIn = ({ leavesStep }: Hungry, step: number): number =>
  leavesStep === undefined ? Infinity : leavesStep - step;

/** Time to spare, steps: what the ranked rule goes by. */
const laxity = (site: Site): Urgency => ({
  isLearnt: false,
  of: (one, step) => leavesIn(one, step) - fullStepsOf(one, site),
});

/** Time to spare as a part of the time that is left: who leaves sooner is before where two have as much to spare. */
const laxityShare = (site: Site): Urgency => ({
  isLearnt: false,
  of: (one, step) => {
    const left = leavesIn(one, step);
    return left === Infinity ? Infinity : (left - fullStepsOf(one, site)) / left;
  },
});

const leavesSoon = (site: Site, departures: Departures, otherwise: Urgency): Urgency => ({
  isLearnt: true,
  of: (one, step) => {
    const after = SOON_MS / stepMsOf(site) + PART * fullStepsOf(one, site);
    return departures.stays(one.car, step, [after])?.[0] ?? otherwise.of(one, step);
  },
});

/** By which step, counted from now, a car has likely left; undefined when too few stays are known. */
export const likelyLeavesIn = (
  { car }: Hungry,
  step: number,
  site: Site,
  departures: Departures,
): number | undefined => {
  let [low, high] = [0, FAR_MS / stepMsOf(site)];
  for (let at = 0; at < HALVINGS; at += 1) {
    const middle = (low + high) / 2;
    const chance = departures.stays(car, step, [middle])?.[0];
    if (chance === undefined) return undefined;
    if (chance > 1 - LIKELY) low = middle;
    else high = middle;
  }
  return low;
};

const likelyLaxity = (site: Site, departures: Departures, otherwise: Urgency): Urgency => ({
  isLearnt: true,
  of: (one, step) => {
    const leaves = likelyLeavesIn(one, step, site, departures);
    return leaves === undefined ? otherwise.of(one, step) : leaves - PART * fullStepsOf(one, site);
  },
});

/** Those that are compared; the first is the one that is safe, as it goes by what the ranked rule goes by. */
export const urgenciesOf = (site: Site, departures?: Departures): readonly [Urgency, ...Urgency[]] => {
  const safe = laxity(site);
  return departures === undefined
    ? [safe, laxityShare(site)]
    : [safe, leavesSoon(site, departures, safe), likelyLaxity(site, departures, safe)];
};
