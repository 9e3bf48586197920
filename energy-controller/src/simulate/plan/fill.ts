import type { Hungry } from '../decide.ts';
import { levelsOf, type Site } from '../site.ts';

/** Gives what rounding left over on a phase to those who can still take it, the most urgent first. No car gets less than it had. */
export const filled = (
  hungry: readonly Hungry[],
  given: readonly number[],
  rank: readonly number[],
  site: Site,
): readonly number[] => {
  const { room, every, least } = levelsOf(site);
  const levels = [...given];
  const used = new Array<number>(site.phases).fill(0);
  hungry.forEach(({ car }, at) => {
    used[car.lane] = (used[car.lane] ?? 0) + (levels[at] ?? 0);
  });
  const order = hungry.map((_, at) => at).sort((a, b) => (rank[a] ?? 0) - (rank[b] ?? 0));
  for (const at of order) {
    const { car, want } = hungry[at] ?? {};
    if (car === undefined || want === undefined) continue;
    const has = levels[at] ?? 0;
    const open = room - (used[car.lane] ?? 0);
    const level = Math.min(want, Math.floor((has + open) / every) * every);
    if (level <= has || level < least) continue;
    levels[at] = level;
    used[car.lane] = (used[car.lane] ?? 0) + level - has;
  }
  return levels;
};
