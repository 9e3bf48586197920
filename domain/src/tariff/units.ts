import { rational, type Rational } from './rational.ts';

/**
 * Base units of rated quantities, chosen so that everything that meters and files state is a whole number of them:
 * energy in 10⁻⁹ kWh (µWh), time in ticks of 100 ns (one hour with nine decimals and one millisecond are both whole).
 */
export const MICRO_WH_PER_KWH = 1_000_000_000n;
export const MICRO_WH_PER_WH = 1_000_000n;
export const TICKS_PER_MS = 10_000n;
export const TICKS_PER_SECOND = 10_000_000n;
export const TICKS_PER_HOUR = 36_000_000_000n;

const scaled = (value: Rational, factor: bigint): Rational => rational(value.n * factor, value.d);

export const kWhToMicroWh = (kWh: Rational): Rational => scaled(kWh, MICRO_WH_PER_KWH);
export const hoursToTicks = (hours: Rational): Rational => scaled(hours, TICKS_PER_HOUR);
export const microWhToKWh = (microWh: Rational): Rational =>
  rational(microWh.n, microWh.d * MICRO_WH_PER_KWH);
export const ticksToHours = (ticks: Rational): Rational => rational(ticks.n, ticks.d * TICKS_PER_HOUR);
