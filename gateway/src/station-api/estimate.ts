import { durationOfEnergyMs, energyOfPower, energyWh, powerW, resolveZone, unwrap } from '@roamgrid/domain';
import {
  asksForTime,
  computeRated,
  energyPriceRange,
  MILLI_WH_PER_WH,
  readTariffJson,
  type AgreementTerms,
  type MeterReading,
  type Quote,
  type RatedCdr,
  type TariffRecord,
} from '@roamgrid/wire';
import type { z } from 'zod';
import type { zoneOffset } from '@roamgrid/wire';

type ZoneOffsets = z.output<typeof zoneOffset>[];

const HOUR_MS = 3_600_000;
/** Longest stay that a swipe can plan, and as much again for those who stay longer. */
const ZONE_SPAN_MS = 100 * HOUR_MS;

const zoneCache = new Map<string, ZoneOffsets>();

/** UTC offsets of a station's zone from an hour before `nowMs` on; the quote carries them, so that peers need no tzdata. */
export const zoneOffsetsAt = (timeZone: string, nowMs: number): ZoneOffsets => {
  const hour = Math.floor(nowMs / HOUR_MS);
  const key = `${timeZone} ${hour}`;
  const known = zoneCache.get(key);
  if (known !== undefined) return known;
  const fromMs = Math.max(0, (hour - 1) * HOUR_MS);
  const offsets = unwrapZone(timeZone, fromMs);
  if (zoneCache.size > 500) zoneCache.clear();
  zoneCache.set(key, offsets);
  return offsets;
};

const unwrapZone = (timeZone: string, fromMs: number): ZoneOffsets => {
  const resolved = resolveZone(timeZone, fromMs, fromMs + ZONE_SPAN_MS);
  if (!resolved.ok)
    throw new Error(`a registered station has the time zone ${timeZone}: ${resolved.error.message}`);
  return resolved.value.map(({ fromMs: from, offsetMinutes }) => ({ fromMs: from, offsetMinutes }));
};

const ranges = new WeakMap<TariffRecord, ReturnType<typeof energyPriceRange>>();

/** Range of the tariff's energy prices before tax; parsed once a version. */
export const priceRangeOf = (record: TariffRecord): ReturnType<typeof energyPriceRange> | undefined => {
  const known = ranges.get(record);
  if (known !== undefined) return known;
  const tariff = readTariffJson(record.tariffJson);
  if (!tariff.ok) return undefined;
  const range = energyPriceRange(tariff.value);
  ranges.set(record, range);
  return range;
};

/** Whether a version of a tariff prices minutes, so that a meter must vouch for them. */
export const pricesTime = (record: TariffRecord): boolean => {
  const tariff = readTariffJson(record.tariffJson);
  return tariff.ok && asksForTime(tariff.value);
};

export interface PlannedStay {
  readonly startMs: number;
  readonly plannedMs: number;
  readonly requestedEnergyWh: bigint;
  readonly maxPowerW: bigint;
}

/** Readings that the stay would give: full power until the wish is met, then parked until the driver leaves. */
export const plannedReadings = ({
  startMs,
  plannedMs,
  requestedEnergyWh,
  maxPowerW,
}: PlannedStay): MeterReading[] => {
  const power = unwrap(powerW(maxPowerW));
  const wish = unwrap(energyWh(requestedEnergyWh));
  const most = energyOfPower(power, plannedMs, 'down');
  const energy = wish < most ? wish : most;
  const registerMilliWh = energy * MILLI_WH_PER_WH;
  const start = { atMs: startMs, registerMilliWh: 0n, charging: true };
  const endMs = startMs + plannedMs;
  const fullMs = Math.min(endMs, startMs + (power === 0n ? 0 : durationOfEnergyMs(energy, power)));
  if (fullMs >= endMs || fullMs <= startMs) return [start, { atMs: endMs, registerMilliWh, charging: false }];
  return [
    start,
    { atMs: fullMs, registerMilliWh, charging: false },
    { atMs: endMs, registerMilliWh, charging: false },
  ];
};

export type EstimateQuote = Omit<Quote, 'estimateMicros' | 'capMicros'>;

/** What the stay would cost by the code that computes the bill. */
export const estimate = (
  quote: EstimateQuote,
  readings: readonly MeterReading[],
  tariff: TariffRecord,
  terms: Pick<AgreementTerms, 'shares'>,
): RatedCdr | undefined => {
  const cdr = computeRated({
    laneSequence: 1,
    quote: { ...quote, estimateMicros: 0n, capMicros: 0n },
    readings,
    tariffJson: tariff.tariffJson,
    terms,
    endReason: 'driver',
  });
  return cdr.ok ? cdr.value : undefined;
};
