import { divide } from '@roamgrid/domain';
import type { MeterReading } from './session.ts';

/**
 * From the registers of a meter to the energy that is billed: registers are milliwatt-hours, as fine as meters sign them;
 * a bill has whole watt-hours.
 */

export const MILLI_WH_PER_WH = 1_000n;

/** Rounding of a session's energy to whole watt-hours, named in the CDR's `pricingPolicy`. */
export const ENERGY_ROUNDING = 'half-even';

/** What a register gained, as whole watt-hours. */
export const energyOfGain = (gainedMilliWh: bigint): bigint =>
  divide(gainedMilliWh, MILLI_WH_PER_WH, ENERGY_ROUNDING);

/** A reading by the energy since the session began. */
export interface EnergyReading extends Pick<MeterReading, 'atMs' | 'charging'> {
  readonly energyWh: bigint;
}

/**
 * Energy since the first reading, at each: the difference to the first is rounded, never that to the reading before.
 * So what lies between any two readings adds up to the session's energy, which is rounded once however many there are.
 */
export const energySinceStart = (readings: readonly MeterReading[]): readonly EnergyReading[] => {
  const startMilliWh = readings[0]?.registerMilliWh ?? 0n;
  return readings.map(({ atMs, registerMilliWh, charging }) => ({
    atMs,
    charging,
    energyWh: energyOfGain(registerMilliWh - startMilliWh),
  }));
};
