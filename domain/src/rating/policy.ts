import type { RoundingMode } from '../rounding/index.ts';

/**
 * How a price is made where the specification leaves a choice. OCPI "stays out of" rounding (mod_tariffs, Tariff
 * object), so the choice is a versioned object that is recorded with every result. `docs/errata.md` has the reasons.
 */
export interface PricingPolicy {
  readonly id: string;
  readonly version: number;
  /** Applied once to each grand total; parts are apportioned to it by largest remainder. */
  readonly rounding: RoundingMode;
  /** Decimals of money amounts, 0 to 6. */
  readonly digits: number;
  /** A period in which a restriction begins or ends: split linearly at the edge, or priced as at its start. */
  readonly straddle: 'interpolate' | 'period-start';
  /** Current and power restrictions: hold for all of the period's stated range, or at any moment of it. */
  readonly powerRange: 'whole-period' | 'any-moment';
  /** With both TIME and PARKING_TIME priced, step size rounds parking, or whichever of the two came last. */
  readonly mixedTimeStep: 'parking' | 'last';
  /** What a step rounds: the priced volume, or everything the session used of the dimension. */
  readonly stepBasis: 'priced' | 'used';
  /** Hours rounded to four decimals are read as the whole period, or taken as they stand. */
  readonly volumes: 'snap' | 'as-stated';
}

export const DEFAULT_POLICY: PricingPolicy = {
  id: 'roamgrid-ocpi',
  version: 1,
  rounding: 'half-up',
  digits: 6,
  straddle: 'interpolate',
  powerRange: 'whole-period',
  mixedTimeStep: 'parking',
  stepBasis: 'priced',
  volumes: 'snap',
};
