/** Rating: what a session costs under an OCPI tariff, exactly, with the line that made each part of it. */
export {
  STATED_COSTS,
  STATED_QUANTITIES,
  type Cdr,
  type CdrDimension,
  type CdrPeriod,
  type SignedData,
  type StatedCost,
  type StatedPrice,
  type StatedQuantity,
} from './cdr.ts';
export { COST_KINDS, costsOf, unknownSidesOf } from './costs.ts';
export { agrees, differencesOf, type Difference } from './differences.ts';
export { linearPrice, type LinearPrice } from './linear-price.ts';
export { parseCdr } from './parse-cdr.ts';
export { DEFAULT_POLICY, type PricingPolicy } from './policy.ts';
export { rateCdr, type RateCdrInput } from './rate-cdr.ts';
export { rateSession, type MeterReading, type RateSessionInput } from './rate-session.ts';
export { savingOf, type HouseUse } from './saving.ts';
export { uniformRate, type UniformRate, type UniformTotal, type UniformUse } from './uniform.ts';
export type { Rated, RatedLine, RatedTax, TaxedMicros, TaxSide } from './rated.ts';
