import { beliefOf } from '../belief.ts';
import { byRule } from '../by-rule.ts';
import type { Car } from '../cars.ts';
import { run } from '../run.ts';
import { counted, type Site } from '../site.ts';

/** What the weeks before needed tells of the month. */
const BEFORE_MS = 28 * 86_400_000;
const HALVINGS = 7;

/**
 * The lowest limit of all phases together at which the ranked rule would have served the cars of the four weeks before, W: what the month is
 * expected to come to. Nothing where there were none.
 */
export const expectedPeak = async (cars: readonly Car[], site: Site, atMs: number): Promise<number> => {
  const before = cars
    .filter(({ stay }) => stay.departureMs <= atMs && stay.arrivalMs >= atMs - BEFORE_MS)
    .map((car) => ({ ...car, lane: 0 }));
  if (before.length === 0) return 0;
  const servedAt = async (limitW: bigint): Promise<number> => {
    const narrow: Site = { ...site, phases: 1, limitW };
    const lived = await run(before, narrow, {
      belief: beliefOf('oracle', narrow),
      decide: byRule(narrow, 'llf'),
    });
    return lived.drawn.reduce((sum, part) => sum + part, 0);
  };
  const wanted = 0.999 * (await servedAt(site.limitW));
  let [low, high] = [0, counted(site.limitW)];
  for (let at = 0; at < HALVINGS; at += 1) {
    const middle = Math.round((low + high) / 2);
    if ((await servedAt(BigInt(middle))) >= wanted) high = middle;
    else low = middle;
  }
  return high;
};
