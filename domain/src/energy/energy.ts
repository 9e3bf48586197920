import { formatDecimal, parseDecimal, type DecimalError } from '../money/index.ts';
import { err, ok, type DomainError, type Result } from '../result/index.ts';
import { divide, type RoundingMode } from '../rounding/index.ts';

declare const unitBrand: unique symbol;

/** Whole watt-hours, never negative: which way the energy flowed is said by the name of the field that holds it. */
export type EnergyWh = bigint & { readonly [unitBrand]: 'Wh' };

/** Whole watts, never negative; direction as for {@link EnergyWh}. */
export type PowerW = bigint & { readonly [unitBrand]: 'W' };

export type EnergyError = DomainError<'ENERGY_NEGATIVE' | 'POWER_NEGATIVE'>;

const MS_PER_HOUR = 3_600_000n;

/** The only maker of an {@link EnergyWh}. */
export const energyWh = (value: bigint): Result<EnergyWh, EnergyError> =>
  value >= 0n
    ? ok(value as EnergyWh)
    : err({ code: 'ENERGY_NEGATIVE', message: `energy is not negative, got ${value} Wh` });

/** The only maker of a {@link PowerW}. */
export const powerW = (value: bigint): Result<PowerW, EnergyError> =>
  value >= 0n
    ? ok(value as PowerW)
    : err({ code: 'POWER_NEGATIVE', message: `power is not negative, got ${value} W` });

export const addEnergy = (...parts: readonly EnergyWh[]): EnergyWh =>
  parts.reduce((sum, part) => sum + part, 0n) as EnergyWh;

/** `to − from` of two readings of one register; refused when the register ran backwards. */
export const energyBetween = (fromWh: EnergyWh, toWh: EnergyWh): Result<EnergyWh, EnergyError> =>
  energyWh(toWh - fromWh);

const positiveDuration = (elapsedMs: number, atLeast: number): bigint => {
  if (!Number.isSafeInteger(elapsedMs) || elapsedMs < atLeast) {
    throw new RangeError(`a duration is a whole number of at least ${atLeast} ms, got ${elapsedMs}`);
  }
  return BigInt(elapsedMs);
};

/** What constant power delivers in a time, rounded by name to whole watt-hours. */
export const energyOfPower = (power: PowerW, elapsedMs: number, mode: RoundingMode): EnergyWh =>
  divide(power * positiveDuration(elapsedMs, 0), MS_PER_HOUR, mode) as EnergyWh;

/** The average power that delivers an energy in a time above zero, rounded by name to whole watts. */
export const averagePower = (energy: EnergyWh, elapsedMs: number, mode: RoundingMode): PowerW =>
  divide(energy * MS_PER_HOUR, positiveDuration(elapsedMs, 1), mode) as PowerW;

/**
 * How long constant power above zero takes to deliver an energy, rounded up to whole milliseconds. Throws past the
 * 285,000 years that a `number` of milliseconds holds.
 */
export const durationOfEnergyMs = (energy: EnergyWh, power: PowerW): number => {
  if (power === 0n) throw new RangeError('durationOfEnergyMs: no power delivers no energy, ever');
  const takesMs = divide(energy * MS_PER_HOUR, power, 'up');
  if (takesMs > Number.MAX_SAFE_INTEGER)
    throw new RangeError(`durationOfEnergyMs: ${takesMs} ms is out of range`);
  return Number(takesMs);
};

/** Reads kilowatt-hours as written on a bill, `12.345`, exactly unless a rounding is named. */
export const parseKWh = (text: string, mode?: RoundingMode): Result<EnergyWh, DecimalError | EnergyError> => {
  const value = parseDecimal(text, 3, mode);
  return value.ok ? energyWh(value.value) : value;
};

/** `12345n` Wh is `12.345`. */
export const formatKWh = (energy: EnergyWh): string => formatDecimal(energy, 3);
