import { beliefOf, type Knows } from './belief.ts';
import { byRule } from './by-rule.ts';
import { carsOf, type Stay } from './cars.ts';
import { HighsSolver } from '../solver/highs-solver.ts';
import { TimedSolver } from '../solver/timed-solver.ts';
import { optimumOf } from './optimum.ts';
import type { Decide } from './decide.ts';
import { belowPeak } from './plan/below-peak.ts';
import { byPlan } from './plan/by-plan.ts';
import { chosenWays } from './plan/choose.ts';
import { learntDepartures } from './plan/departures.ts';
import { expectedMonth } from './plan/expected-month.ts';
import { urgenciesOf } from './plan/urgency.ts';
import { reportOf, type Pricing, type SimulationReport } from './report.ts';
import { run } from './run.ts';
import type { Site } from './site.ts';

/** Which rule of the power core divides, or its plan. */
export type SimulatedPolicy = 'fcfs' | 'edf' | 'llf' | 'plan';

export interface Simulation {
  readonly site: Site;
  readonly stays: readonly Stay[];
  readonly policy: SimulatedPolicy;
  readonly knows: Knows;
  /** Stays that begin before are history: they are learnt from and not lived through. */
  readonly fromMs?: number;
  readonly pricing?: Pricing;
  readonly onProgress?: (share: number) => void;
}

/** Far beyond what a solve takes: a simulation is to come out the same on a busy machine. What stops a solve is its count of steps. */
const SOLVE_LIMIT_MS = 60_000;

/** Lives through charging sessions at a site whose limit binds, and says what came of it beside the best that could have. */
export const simulate = async ({
  site,
  stays,
  policy,
  knows,
  fromMs = -Infinity,
  pricing,
  onProgress,
}: Simulation): Promise<SimulationReport> => {
  const all = carsOf(stays, site);
  const cars = all.filter(({ stay }) => stay.arrivalMs >= fromMs);
  const solver = new HighsSolver({ timeLimitMs: SOLVE_LIMIT_MS });
  const timed = new TimedSolver(solver.solve);
  try {
    const departures = policy === 'plan' && knows === 'declared' ? learntDepartures(stays, site) : undefined;
    const planned = async (): Promise<Decide> =>
      byPlan(site, timed.solve, {
        wayAt: await chosenWays(all, site, knows, urgenciesOf(site, departures)),
        ...(departures !== undefined && { departures }),
      });
    const limited = policy === 'plan' ? await planned() : byRule(site, policy);
    const priced =
      policy === 'plan' && pricing !== undefined && departures === undefined
        ? belowPeak(site, {
            pricing,
            expected: (atMs) => expectedMonth(all, site, atMs),
            limited,
          })
        : undefined;
    const lived = await run(cars, site, {
      belief: beliefOf(knows, site),
      decide: priced ?? limited,
      ...(priced !== undefined && { decideOpen: priced }),
      ...(onProgress && { onProgress }),
    });
    return reportOf(cars, site, lived, optimumOf(cars, site), {
      solveMs: timed.times,
      ...(pricing !== undefined && { pricing }),
    });
  } finally {
    await solver.close();
  }
};
