import type { RevenueAssumptions } from './assumptions.ts';
import { type Claims, claimsOver } from './claims.ts';
import { incomeAt } from './income.ts';
import type { RevenuePoint } from './plot.ts';
import { simulateAt } from './simulate.ts';

/** The income study of one set of assumptions, and what changes when the travel share does. */
export interface RevenueStudy {
  readonly points: readonly RevenuePoint[];
  readonly claims: Claims;
  /** Largest distance between formula and simulation, as a part of the formula's highest income. */
  readonly simulationDistance: number;
  readonly byTravelShare: readonly { readonly travelShareMax: number; readonly claims: Claims }[];
}

export const TRAVEL_SHARES = [0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 1] as const;

export function revenueStudy(powers: readonly number[], assumptions: RevenueAssumptions): RevenueStudy {
  const points = powers.map((purchasingPower) => ({
    purchasingPower,
    income: incomeAt(purchasingPower, assumptions),
    simulated: simulateAt(purchasingPower, assumptions),
  }));
  const totals = points.flatMap(({ income, simulated }) =>
    (['noRoaming', 'conventional', 'proposed'] as const).map(
      (regime) => [income[regime].total, simulated[regime].total] as const,
    ),
  );
  const highest = Math.max(...totals.map(([formula]) => formula));
  return {
    points,
    claims: claimsOver(powers, assumptions),
    simulationDistance: Math.max(...totals.map(([formula, found]) => Math.abs(formula - found))) / highest,
    byTravelShare: TRAVEL_SHARES.map((travelShareMax) => ({
      travelShareMax,
      claims: claimsOver(powers, { ...assumptions, travelShareMax }),
    })),
  };
}
