import assert from 'node:assert/strict';
import { formatMicros } from '../../money/index.ts';
import { parseTariffs, resolveZone } from '../../tariff/index.ts';
import { parseCdr } from '../parse-cdr.ts';
import { DEFAULT_POLICY, type PricingPolicy } from '../policy.ts';
import { rateCdr } from '../rate-cdr.ts';
import type { Rated } from '../rated.ts';

/** OCPI JSON for tests, with numbers as decimal text. The builders only fill in what a test does not care about. */
export type Json = Readonly<Record<string, unknown>>;

export const component = (type: string, price: string, stepSize = 1, vat?: string): Json => ({
  type,
  price,
  step_size: stepSize,
  ...(vat !== undefined && { vat }),
});

export const element = (components: readonly Json[], restrictions?: Json): Json => ({
  price_components: components,
  ...(restrictions && { restrictions }),
});

export const tariffJson = (elements: readonly Json[], more: Json = {}): Json => ({
  country_code: 'DE',
  party_id: 'ALL',
  id: 'T',
  currency: 'EUR',
  elements,
  ...more,
});

/** `[start, dimensions, tariff id]`: the dimensions are volumes by type. */
export type PeriodRow = readonly [
  start: string,
  volumes: Readonly<Record<string, string>>,
  tariffId?: string,
];

export const cdrJson = (periods: readonly PeriodRow[], end: string, more: Json = {}): Json => ({
  country_code: 'DE',
  party_id: 'ALL',
  id: 'C',
  currency: 'EUR',
  start_date_time: periods[0]?.[0],
  end_date_time: end,
  charging_periods: periods.map(([start, volumes, tariffId]) => ({
    start_date_time: start,
    dimensions: Object.entries(volumes).map(([type, volume]) => ({ type, volume })),
    ...(tariffId !== undefined && { tariff_id: tariffId }),
  })),
  ...more,
});

interface PriceOptions {
  readonly zone?: string;
  readonly policy?: Partial<PricingPolicy>;
}

const DAY_MS = 86_400_000;

/** Reads and rates; fails the test on bad input. */
export const price = (tariffs: unknown, cdr: Json, options: PriceOptions = {}): Rated => {
  const parsedTariffs = parseTariffs(tariffs);
  assert.ok(parsedTariffs.ok, parsedTariffs.ok ? '' : JSON.stringify(parsedTariffs.error));
  const parsedCdr = parseCdr(cdr);
  assert.ok(parsedCdr.ok, parsedCdr.ok ? '' : JSON.stringify(parsedCdr.error));
  const { startMs, endMs } = parsedCdr.value;
  const zone = resolveZone(options.zone ?? 'UTC', startMs - DAY_MS, endMs + DAY_MS);
  assert.ok(zone.ok, zone.ok ? '' : JSON.stringify(zone.error));
  const rated = rateCdr({
    cdr: parsedCdr.value,
    tariffs: parsedTariffs.value.map(({ tariff }) => tariff),
    zoneOffsets: zone.value,
    policy: { ...DEFAULT_POLICY, ...options.policy },
  });
  assert.ok(rated.ok, rated.ok ? '' : JSON.stringify(rated.error));
  return rated.value;
};

/** `5.00 / 5.50`: the total before and after tax. */
export const total = (rated: Rated): string =>
  `${formatMicros(rated.totalMicros)} / ${formatMicros(rated.totalInclTaxMicros)}`;

/** The breakdown as `TYPE[element] billed = amount`, for comparing with a specification's tables. */
export const lines = (rated: Rated): readonly string[] =>
  rated.lines.map(
    ({ type, elementIndex, billedQuantity, micros }) =>
      `${type}[${elementIndex ?? ''}] ${billedQuantity} = ${formatMicros(micros)}`,
  );
