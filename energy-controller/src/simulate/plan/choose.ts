import { beliefOf, type Knows } from '../belief.ts';
import { byRule } from '../by-rule.ts';
import type { Car } from '../cars.ts';
import type { Decide } from '../decide.ts';
import { run, type Step } from '../run.ts';
import { stepMsOf, type Site } from '../site.ts';
import { weekOf } from '../week.ts';
import type { Urgency } from './urgency.ts';
import { inOrder, type Way } from './ways.ts';

/** Of the weeks before, so many tell. */
const WEEKS = 12;
/** So many have to be known before anything learnt is followed. */
const FEWEST_WEEKS = 2;
/**
 * What a way gained over the rule in the weeks in which it delivered more has to be so many times what it lost in those in which it delivered
 * less, before it is followed: where departures are known and where not.
 */
const GAIN_OVER_LOSS = { oracle: 20, declared: 4 } as const;

type Weeks = ReadonlyMap<number, number>;

const weeksOf = (steps: readonly Step[], stepMs: number): Weeks => {
  const weeks = new Map<number, number>();
  for (const { step, taken } of steps) {
    const week = weekOf(step * stepMs);
    weeks.set(week, (weeks.get(week) ?? 0) + taken);
  }
  return weeks;
};

/**
 * The way that is followed in each week: the one that would have delivered most in the weeks that are over, of those that gained far more over
 * the ranked rule than they lost. Each way is lived through on its own; of what it does in a week nothing is known before the week is over.
 */
export const chosenWays = async (
  cars: readonly Car[],
  site: Site,
  knows: Knows,
  [safe, ...others]: readonly [Urgency, ...Urgency[]],
): Promise<(step: number) => Way> => {
  const stepMs = stepMsOf(site);
  const lived = async (decide: Decide): Promise<Weeks> =>
    weeksOf((await run(cars, site, { belief: beliefOf(knows, site), decide })).steps, stepMs);
  const rule = await lived(byRule(site, 'llf'));
  const tried: { readonly way: Way; readonly weeks: Weeks }[] = [];
  for (const urgency of [safe, ...others])
    tried.push({ way: { urgency, isPacked: true }, weeks: await lived(inOrder(site, urgency)) });
  const first: Way = { urgency: safe, isPacked: true };
  const asRule: Way = { urgency: safe, isPacked: false };
  const all = [...rule.keys()].sort((a, b) => a - b);

  const choose = (week: number): Way => {
    const known = all.filter((one) => one < week).slice(-WEEKS);
    if (known.length < FEWEST_WEEKS) return first;
    let best = { way: asRule, gain: 0 };
    for (const { way, weeks } of tried) {
      const gains = known.map((one) => (weeks.get(one) ?? 0) - (rule.get(one) ?? 0));
      const [gained, lost] = [1, -1].map((sign) =>
        gains.reduce((sum, one) => sum + Math.max(0, sign * one), 0),
      ) as [number, number];
      if (gained > GAIN_OVER_LOSS[knows] * lost && gained - lost > best.gain)
        best = { way, gain: gained - lost };
    }
    return best.way;
  };

  const chosen = new Map<number, Way>();
  return (step) => {
    const week = weekOf(step * stepMs);
    const way = chosen.get(week) ?? choose(week);
    chosen.set(week, way);
    return way;
  };
};
