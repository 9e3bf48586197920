import { err, ok, type Result } from '../result/index.ts';
import type { Problem, Tariff, ZoneOffsets } from '../tariff/index.ts';
import { rational, type Rational } from '../tariff/rational.ts';
import { MICRO_WH_PER_WH, TICKS_PER_MS } from '../tariff/units.ts';
import { DEFAULT_POLICY, type PricingPolicy } from './policy.ts';
import { rateUsage } from './rate.ts';
import type { Rated } from './rated.ts';
import type { Range, UsagePeriod } from './usage.ts';

/** One signed meter value. What it says of state, power and current holds from it to the next one. */
export interface MeterReading {
  readonly atMs: number;
  /** Cumulative register. */
  readonly energyWh: bigint;
  /** Left out, the mean power to the next reading is used where a tariff asks. */
  readonly powerW?: bigint;
  /** Over all phases; left out, current restrictions are taken to hold. */
  readonly currentMilliA?: bigint;
  /** Left out, an interval in which energy flowed is charging and any other is parking. */
  readonly state?: 'charging' | 'parking';
}

export interface RateSessionInput {
  readonly tariff: Tariff;
  /** At least two, in time order, from the session's start to its end; none at all for an expired reservation. */
  readonly readings: readonly MeterReading[];
  /** Local time of the station, resolved outside (`resolveZone`) and recorded in the result. */
  readonly zoneOffsets: ZoneOffsets;
  /** Reserved time before the session, or instead of it. */
  readonly reservation?: { readonly startMs: number; readonly endMs: number };
  readonly policy?: PricingPolicy;
}

const checkReadings = (input: RateSessionInput): readonly Problem[] => {
  const { readings, reservation } = input;
  const problems: Problem[] = [];
  if (readings.length < 2 && !(readings.length === 0 && reservation !== undefined)) {
    const message = 'a session needs a reading at its start and one at its end';
    problems.push({ code: 'LIST_EMPTY', pointer: '/readings', message });
  }
  for (const [index, reading] of readings.entries()) {
    const previous = readings[index - 1];
    if (!Number.isSafeInteger(reading.atMs)) {
      const message = 'atMs must be whole milliseconds';
      problems.push({ code: 'VALUE_OUT_OF_RANGE', pointer: `/readings/${index}/atMs`, message });
    }
    if (previous === undefined) continue;
    if (reading.atMs < previous.atMs) {
      const message = 'readings must be in time order';
      problems.push({ code: 'READINGS_UNORDERED', pointer: `/readings/${index}/atMs`, message });
    }
    if (reading.energyWh < previous.energyWh) {
      const message = 'the register runs backwards';
      problems.push({ code: 'METER_WENT_BACK', pointer: `/readings/${index}/energyWh`, message });
    }
  }
  if (reservation !== undefined && reservation.endMs < reservation.startMs) {
    const message = 'the reservation ends before it starts';
    problems.push({ code: 'VALUE_OUT_OF_RANGE', pointer: '/reservation/endMs', message });
  }
  return problems;
};

const ticks = (fromMs: number, toMs: number): Rational => rational(BigInt(toMs - fromMs) * TICKS_PER_MS);

const single = (value: Rational): Range => ({ min: value, max: value });

const powerOf = (reading: MeterReading, energyWh: bigint, lengthMs: number): Range | undefined => {
  if (reading.powerW !== undefined) return single(rational(reading.powerW, 1000n));
  return lengthMs === 0 ? undefined : single(rational(energyWh * 3600n, BigInt(lengthMs)));
};

/** The interval from one reading to the next. */
const intervalOf = (reading: MeterReading, next: MeterReading, asksPower: boolean): UsagePeriod => {
  const energyWh = next.energyWh - reading.energyWh;
  const isCharging = (reading.state ?? (energyWh > 0n ? 'charging' : 'parking')) === 'charging';
  const time = ticks(reading.atMs, next.atMs);
  const power = asksPower ? powerOf(reading, energyWh, next.atMs - reading.atMs) : undefined;
  return {
    startMs: reading.atMs,
    endMs: next.atMs,
    tariff: 0,
    energy: { n: energyWh * MICRO_WH_PER_WH, d: 1n },
    ...(isCharging ? { charging: time } : { parking: time }),
    ...(power && { power }),
    ...(reading.currentMilliA !== undefined && { current: single(rational(reading.currentMilliA, 1000n)) }),
  };
};

/** Mean power is worked out only for a tariff that asks about power. */
const asksAboutPower = (tariff: Tariff): boolean =>
  tariff.elements.some(
    ({ restrictions }) => restrictions.minPower !== undefined || restrictions.maxPower !== undefined,
  );

/**
 * Rates a session from its meter values: the intervals between readings become charging periods of the same engine
 * that rates CDRs. Pure, without clock, locale or time zone data, so that endorsers agree. Errors: readings that are
 * too few, out of order or running backwards.
 */
export const rateSession = (input: RateSessionInput): Result<Rated, readonly Problem[]> => {
  const problems = checkReadings(input);
  if (problems.length > 0) return err(problems);
  const { tariff, readings, zoneOffsets, reservation, policy = DEFAULT_POLICY } = input;
  const asksPower = asksAboutPower(tariff);
  const periods: UsagePeriod[] = [];
  if (reservation !== undefined) {
    const { startMs, endMs } = reservation;
    periods.push({ startMs, endMs, tariff: 0, reserved: ticks(startMs, endMs) });
  }
  for (const [index, next] of readings.entries()) {
    const reading = readings[index - 1];
    if (reading !== undefined) periods.push(intervalOf(reading, next, asksPower));
  }
  return ok(
    rateUsage(
      {
        periods,
        tariffs: [tariff],
        zoneOffsets,
        sessionStartMs: readings[0]?.atMs ?? reservation?.endMs ?? 0,
        ...(reservation && { reservationStartMs: reservation.startMs }),
      },
      policy,
    ),
  );
};
