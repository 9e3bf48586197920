import { beliefOf, type Knows } from './belief.ts';
import { byRule } from './by-rule.ts';
import { carsOf, type Stay } from './cars.ts';
import { HighsSolver } from '../solver/highs-solver.ts';
import { optimumOf } from './optimum.ts';
import { byPlan } from './plan/by-plan.ts';
import { learntDepartures } from './plan/departures.ts';
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
  const cars = carsOf(stays, site).filter(({ stay }) => stay.arrivalMs >= fromMs);
  const solver = new HighsSolver({ timeLimitMs: SOLVE_LIMIT_MS });
  try {
    const decide =
      policy === 'plan'
        ? byPlan(site, solver.solve, knows === 'declared' ? learntDepartures(stays, site) : undefined)
        : byRule(site, policy);
    const lived = await run(cars, site, {
      belief: beliefOf(knows, site),
      decide,
      ...(onProgress && { onProgress }),
    });
    return reportOf(cars, site, lived, optimumOf(cars, site), {
      solveMs: solver.solveMs,
      ...(pricing !== undefined && { pricing }),
    });
  } finally {
    await solver.close();
  }
};
