import type { Note } from '../tariff/index.ts';
import { compare, isZero, rational, subtract, type Rational } from '../tariff/rational.ts';
import type { Restrictions, Tariff } from '../tariff/tariff.ts';
import {
  hoursToTicks,
  kWhToMicroWh,
  microWhToKWh,
  TICKS_PER_MS,
  TICKS_PER_SECOND,
  ticksToHours,
} from '../tariff/units.ts';
import type { CdrPeriod } from './cdr.ts';
import type { PricingPolicy } from './policy.ts';
import type { Range, UsagePeriod } from './usage.ts';

/** Half of the fourth decimal of an hour: 0.18 s. Spec: OCPI 2.2.1 types §number, "numbers use 4 decimals". */
const HALF_FOURTH_DECIMAL_TICKS = 1_800_000n;

const absolute = (value: Rational): Rational => (value.n < 0n ? { n: -value.n, d: value.d } : value);

const within = (a: Rational, b: Rational, ticks: bigint): boolean =>
  compare(absolute(subtract(a, b)), rational(ticks)) <= 0;

const nearestSecond = (ticks: Rational): Rational => {
  const half = TICKS_PER_SECOND / 2n;
  return rational(((ticks.n / ticks.d + half) / TICKS_PER_SECOND) * TICKS_PER_SECOND);
};

type Times = Pick<UsagePeriod, 'charging' | 'parking' | 'reserved'>;

/**
 * A time within rounding distance of the period's length is the period's length: 40 minutes can only be written as
 * 0.6667 h, which is 2400.12 s and would bill a 41st minute. Two times that share a period are brought to whole
 * seconds when that makes them fill it.
 */
const snapTimes = (times: Times, lengthMs: number): Times => {
  const length = rational(BigInt(lengthMs) * TICKS_PER_MS);
  const snap = (ticks: Rational | undefined): Rational | undefined =>
    ticks !== undefined && !isZero(ticks) && within(ticks, length, HALF_FOURTH_DECIMAL_TICKS)
      ? length
      : ticks;
  const snapped = {
    charging: snap(times.charging),
    parking: snap(times.parking),
    reserved: snap(times.reserved),
  };
  const { charging, parking } = times;
  if (charging !== undefined && parking !== undefined && !isZero(charging) && !isZero(parking)) {
    const whole = { charging: nearestSecond(charging), parking: nearestSecond(parking) };
    const close =
      within(whole.charging, charging, HALF_FOURTH_DECIMAL_TICKS) &&
      within(whole.parking, parking, HALF_FOURTH_DECIMAL_TICKS);
    if (close && compare(subtract(length, whole.charging), whole.parking) === 0)
      Object.assign(snapped, whole);
  }
  return defined(snapped);
};

const defined = (times: { readonly [K in keyof Times]: Times[K] | undefined }): Times => ({
  ...(times.charging && { charging: times.charging }),
  ...(times.parking && { parking: times.parking }),
  ...(times.reserved && { reserved: times.reserved }),
});

const rangeOf = (
  min: Rational | undefined,
  max: Rational | undefined,
  mean: Rational | undefined,
): Range | undefined => {
  const low = min ?? max ?? mean;
  const high = max ?? min ?? mean;
  return low === undefined || high === undefined ? undefined : { min: low, max: high };
};

/** Mean power of a period that states none: its energy over its charging time, or else over its length. */
const meanPower = (energy: Rational | undefined, times: Times, lengthMs: number): Rational | undefined => {
  if (energy === undefined) return undefined;
  const ticks = times.charging !== undefined && !isZero(times.charging) ? times.charging : undefined;
  const hours = ticksToHours(ticks ?? rational(BigInt(lengthMs) * TICKS_PER_MS));
  const kWh = microWhToKWh(energy);
  return isZero(hours) ? undefined : rational(kWh.n * hours.d, kWh.d * hours.n);
};

const bounds = (
  tariff: Tariff,
  pick: (on: Restrictions) => readonly (Rational | undefined)[],
): readonly Rational[] =>
  tariff.elements.flatMap(({ restrictions }) => pick(restrictions)).filter((bound) => bound !== undefined);

const powerBounds = (tariff: Tariff): readonly Rational[] =>
  bounds(tariff, (on) => [on.minPower, on.maxPower]);
const currentBounds = (tariff: Tariff): readonly Rational[] =>
  bounds(tariff, (on) => [on.minCurrent, on.maxCurrent]);

const crosses = (range: Range | undefined, limits: readonly Rational[]): boolean =>
  range !== undefined &&
  limits.some((limit) => compare(range.min, limit) < 0 && compare(range.max, limit) >= 0);

/** Turns one period of a CDR into usage, saying in `notes` what had to be assumed about it. */
export const periodUsage = (
  period: CdrPeriod,
  position: number,
  endMs: number,
  tariff: { readonly index: number; readonly value: Tariff } | undefined,
  policy: PricingPolicy,
  notes: Note[],
): UsagePeriod => {
  const { volumes, startMs } = period;
  const pointer = `/charging_periods/${position}`;
  const hoursOf = (key: 'TIME' | 'PARKING_TIME' | 'RESERVATION_TIME'): Rational | undefined => {
    const hours = volumes.get(key);
    return hours && hoursToTicks(hours);
  };
  const stated = defined({
    charging: hoursOf('TIME'),
    parking: hoursOf('PARKING_TIME'),
    reserved: hoursOf('RESERVATION_TIME'),
  });
  const times = policy.volumes === 'snap' ? snapTimes(stated, endMs - startMs) : stated;
  const kWh = volumes.get('ENERGY') ?? volumes.get('ENERGY_IMPORT');
  const energy = kWh && kWhToMicroWh(kWh);
  let power = rangeOf(volumes.get('MIN_POWER'), volumes.get('MAX_POWER'), volumes.get('POWER'));
  const current = rangeOf(volumes.get('MIN_CURRENT'), volumes.get('MAX_CURRENT'), volumes.get('CURRENT'));
  const powerLimits = tariff === undefined ? [] : powerBounds(tariff.value);
  const currentLimits = tariff === undefined ? [] : currentBounds(tariff.value);
  if (power === undefined && powerLimits.length > 0) {
    const mean = meanPower(energy, times, endMs - startMs);
    power = rangeOf(undefined, undefined, mean);
    if (mean !== undefined) {
      notes.push({ code: 'POWER_DERIVED', message: 'no power is stated: the mean power is used', pointer });
    }
  }
  const isUnknown =
    (power === undefined && powerLimits.length > 0) || (current === undefined && currentLimits.length > 0);
  if (isUnknown) {
    const message = 'power or current is not stated: restrictions on it are taken to hold';
    notes.push({ code: 'POWER_UNKNOWN', message, pointer });
  }
  if (crosses(power, powerLimits) || crosses(current, currentLimits)) {
    const message = 'power or current crosses a limit inside the period, which should have been split there';
    notes.push({ code: 'POWER_STRADDLES', message, pointer });
  }
  return {
    startMs,
    endMs,
    ...(tariff && { tariff: tariff.index }),
    ...(energy && { energy }),
    ...times,
    ...(power && { power }),
    ...(current && { current }),
  };
};
