import type { Hungry } from '../decide.ts';
import { levelsOf, type Site } from '../site.ts';

/**
 * Gives what is left on a phase to those who can still take it, the most urgent first. Where it is less than the minimum of a car, others that
 * have more than theirs make room, the least urgent first, so that nothing is left unused that anybody could take. Places by `rank`,
 * the smallest most urgent.
 */
export const packed = (
  hungry: readonly Hungry[],
  given: readonly number[],
  rank: readonly number[],
  site: Site,
): readonly number[] => {
  const { room, every, least } = levelsOf(site);
  const floor = Math.ceil(least / every) * every;
  const levels = [...given];
  const order = hungry.map((_, at) => at).sort((a, b) => (rank[a] ?? 0) - (rank[b] ?? 0));
  for (let lane = 0; lane < site.phases; lane += 1) {
    const there = order.filter((at) => hungry[at]?.car.lane === lane);
    const used = there.reduce((sum, at) => sum + (levels[at] ?? 0), 0);
    let open = Math.floor((room - used) / every) * every;
    for (const at of there) {
      if (open <= 0) break;
      const [has, want] = [levels[at] ?? 0, hungry[at]?.want ?? 0];
      if (has >= want) continue;
      if (has + open < floor) {
        const spares = there.map((other) => Math.max(0, (levels[other] ?? 0) - floor));
        let missing = floor - has - open;
        if (want < floor || spares.reduce((sum, spare) => sum + spare, 0) < missing) continue;
        for (let other = there.length - 1; other >= 0 && missing > 0; other -= 1) {
          const taken = Math.min(missing, Math.floor((spares[other] ?? 0) / every) * every);
          const place = there[other] ?? 0;
          levels[place] = (levels[place] ?? 0) - taken;
          missing -= taken;
          open += taken;
        }
      }
      const level = Math.min(want, has + open);
      levels[at] = level;
      open -= level - has;
    }
  }
  return levels;
};
