import type { Hungry } from '../decide.ts';
import { levelsOf, type Site } from '../site.ts';

/** Steps that a car needs at full power, rounded up. */
export const fullStepsOf = ({ left }: Hungry, site: Site): number =>
  Math.ceil(left / (levelsOf(site).most * site.stepMinutes));

/** Places by value, the smallest 0 and the largest below 1; who came first is before at a tie. */
export const rankOf = (values: readonly number[]): readonly number[] => {
  const order = values.map((_, at) => at).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || a - b);
  const rank = new Array<number>(values.length).fill(0);
  order.forEach((at, place) => {
    rank[at] = place / values.length;
  });
  return rank;
};
