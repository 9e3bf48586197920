import { beliefOf } from '../belief.ts';
import { byRule } from '../by-rule.ts';
import type { Car } from '../cars.ts';
import { run, type Run } from '../run.ts';
import { counted, MS_PER_MINUTE, stepMsOf, type Site } from '../site.ts';

/** What the weeks before needed tells of the month. */
const WEEKS = 4;
const WEEK_MS = 7 * 24 * 60 * MS_PER_MINUTE;
const HALVINGS = 7;
/** A month comes to somewhat more than the four weeks before. More of it costs more where power is dear, less makes a month rise above it late. */
const MORE = 1.15;

/** What is expected of a month when it begins. */
export interface ExpectedMonth {
  /** The highest power of all phases together that it comes to anyway, W; nothing where nothing is known. */
  readonly peak: number;
  /** The power that the weeks before needed below that at the same time of the week, W: the middle of them. */
  load(step: number): number;
}

const NOTHING: ExpectedMonth = { peak: 0, load: () => 0 };

/** The upper one of the two in the middle of an even number. */
const middleOf = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** The lowest limit at which the ranked rule would have served the cars of the four weeks before, and what they would have drawn at it. */
export const expectedMonth = async (
  cars: readonly Car[],
  site: Site,
  atMs: number,
): Promise<ExpectedMonth> => {
  const before = cars
    .filter(({ stay }) => stay.departureMs <= atMs && stay.arrivalMs >= atMs - WEEKS * WEEK_MS)
    .map((car) => ({ ...car, lane: 0 }));
  if (before.length === 0) return NOTHING;
  const most = counted(site.limitW);
  const livedAt = (limit: number): Promise<Run> => {
    const narrow: Site = { ...site, phases: 1, limitW: BigInt(limit) };
    return run(before, narrow, { belief: beliefOf('oracle', narrow), decide: byRule(narrow, 'llf') });
  };
  const servedAt = async (limit: number): Promise<number> =>
    (await livedAt(limit)).drawn.reduce((sum, part) => sum + part, 0);
  const wanted = 0.999 * (await servedAt(most));
  let [low, high] = [0, most];
  for (let at = 0; at < HALVINGS; at += 1) {
    const middle = Math.round((low + high) / 2);
    if ((await servedAt(middle)) >= wanted) high = middle;
    else low = middle;
  }
  const peak = Math.min(most, Math.floor(MORE * high));
  const { steps } = await livedAt(peak);
  const powers = new Map(steps.map(({ step, taken }) => [step, taken / site.stepMinutes]));
  const stepMs = stepMsOf(site);
  const [begins, ends, week] = [(atMs - WEEKS * WEEK_MS) / stepMs, atMs / stepMs, WEEK_MS / stepMs];
  return {
    peak,
    load: (step) => {
      const found: number[] = [];
      const weeksAfter = Math.max(0, Math.floor((step - ends) / week) + 1);
      for (let same = step - weeksAfter * week; same >= begins; same -= week)
        found.push(powers.get(same) ?? 0);
      return middleOf(found);
    },
  };
};
