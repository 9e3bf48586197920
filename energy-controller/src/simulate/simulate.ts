import { beliefOf, type Knows } from './belief.ts';
import { byRule } from './by-rule.ts';
import { carsOf, type Stay } from './cars.ts';
import { optimumOf } from './optimum.ts';
import { reportOf, type Pricing, type SimulationReport } from './report.ts';
import { run } from './run.ts';
import type { Site } from './site.ts';

/** Which rule of the power core divides. */
export type SimulatedPolicy = 'fcfs' | 'edf' | 'llf';

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
  const lived = await run(cars, site, {
    belief: beliefOf(knows, site),
    decide: byRule(site, policy),
    ...(onProgress && { onProgress }),
  });
  return reportOf(cars, site, lived, optimumOf(cars, site), pricing);
};
