import { seededChance } from '@roamgrid/domain/chance';

/** Tariffs and CDRs by seed, in the part of OCPI 2.2.1 that both engines know. */

export interface Pair {
  readonly seed: number;
  readonly tariff: Readonly<Record<string, unknown>>;
  readonly cdr: Readonly<Record<string, unknown>>;
  readonly zone: string;
}

const DAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'];
const ZONES = ['Europe/Amsterdam', 'Europe/Lisbon', 'Europe/Athens'];
const MINUTE_MS = 60_000;

export const generatePair = (seed: number): Pair => {
  const random = seededChance(seed);
  const below = (count: number): number => Math.floor(random() * count);
  const oneOf = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const chance = (share: number): boolean => random() < share;
  const hundredths = (most: number): number => (1 + below(most * 100)) / 100;
  const clock = (): string => `${String(below(24)).padStart(2, '0')}:${oneOf(['00', '15', '30'])}`;

  const component = (type: string): Readonly<Record<string, unknown>> => ({
    type,
    price: hundredths(type === 'ENERGY' ? 1 : 5),
    vat: oneOf([0, 10, 20, 21]),
    step_size: type === 'FLAT' ? 1 : oneOf(type === 'ENERGY' ? [1, 100, 1000] : [1, 60, 300, 900]),
  });
  const restrictions = (): Readonly<Record<string, unknown>> | undefined => {
    if (chance(0.4)) return undefined;
    const all: Record<string, unknown> = {};
    if (chance(0.4)) Object.assign(all, { start_time: clock(), end_time: clock() });
    if (chance(0.3)) all['day_of_week'] = DAYS.filter(() => chance(0.5));
    if (chance(0.3)) all['min_kwh'] = below(20);
    if (chance(0.3)) all['max_kwh'] = 10 + below(40);
    if (chance(0.3)) all['min_duration'] = below(60) * 60;
    if (chance(0.3)) all['max_duration'] = (30 + below(200)) * 60;
    if (chance(0.2)) all['min_power'] = below(20);
    if (chance(0.2)) all['max_power'] = 20 + below(60);
    return Object.keys(all).length === 0 || (all['day_of_week'] as string[] | undefined)?.length === 0
      ? undefined
      : all;
  };
  const elements = Array.from({ length: 1 + below(4) }, () => {
    const types = ['ENERGY', 'TIME', 'PARKING_TIME', 'FLAT'].filter(() => chance(0.45));
    const found = restrictions();
    return {
      price_components: (types.length === 0 ? ['ENERGY'] : types).map(component),
      ...(found !== undefined && { restrictions: found }),
    };
  });
  const limit = (most: number): unknown => {
    const before = hundredths(most);
    return { excl_vat: before, incl_vat: Math.round(before * 121) / 100 };
  };
  const tariff = {
    country_code: 'NL',
    party_id: 'ABC',
    id: `T${seed}`,
    currency: 'EUR',
    elements,
    ...(chance(0.2) && { min_price: limit(5) }),
    ...(chance(0.2) && { max_price: limit(30) }),
    last_updated: '2018-01-01T00:00:00Z',
  };
  const startMs = Date.UTC(2025, below(12), 1 + below(28), below(24), below(60));
  let atMs = startMs;
  const isCharging = (index: number): boolean => index === 0 || chance(0.7);
  const statesPower = chance(0.5);
  const charging_periods = Array.from({ length: 1 + below(4) }, (_, index) => {
    const minutes = 3 * (1 + below(40));
    const hours = minutes / 60;
    const start_date_time = new Date(atMs).toISOString();
    atMs += minutes * MINUTE_MS;
    const used = Math.round(1000 * hours * (1 + random() * 20)) / 1000;
    const rate = Math.round((used / hours) * 100) / 100;
    const dimensions = isCharging(index)
      ? [
          { type: 'ENERGY', volume: used },
          { type: 'TIME', volume: hours },
          ...(statesPower
            ? [
                { type: 'MIN_POWER', volume: rate },
                { type: 'MAX_POWER', volume: rate },
              ]
            : []),
        ]
      : [{ type: 'PARKING_TIME', volume: hours }];
    return { start_date_time, dimensions };
  });
  return { seed, tariff, cdr: cdrAround(seed, startMs, atMs, charging_periods), zone: oneOf(ZONES) };
};

const cdrAround = (
  seed: number,
  startMs: number,
  endMs: number,
  charging_periods: readonly unknown[],
): Pair['cdr'] => ({
  ...FRAME,
  id: `C${seed}`,
  currency: 'EUR',
  start_date_time: new Date(startMs).toISOString(),
  end_date_time: new Date(endMs).toISOString(),
  charging_periods,
});

/** What a CDR has to have for the other engine, and ours does not read. */
const FRAME = {
  country_code: 'NL',
  party_id: 'ABC',
  cdr_token: { uid: '1', type: 'RFID', contract_id: 'X', country_code: 'NL', party_id: 'ABC' },
  auth_method: 'WHITELIST',
  cdr_location: {
    id: 'L',
    address: 'A',
    city: 'C',
    country: 'NLD',
    coordinates: { latitude: '52.1', longitude: '4.1' },
    evse_uid: '1',
    evse_id: 'NL*ABC*E1',
    connector_id: '1',
    connector_standard: 'IEC_62196_T2_COMBO',
    connector_format: 'CABLE',
    connector_power_type: 'DC',
  },
  total_cost: { excl_vat: 0, incl_vat: 0 },
  total_energy: 0,
  total_time: 0,
  last_updated: '2026-01-01T00:00:00Z',
} as const;

/** A CDR of fewer fields with what the other engine asks for. */
export const framed = (cdr: Readonly<Record<string, unknown>>): Pair['cdr'] => ({ ...FRAME, ...cdr });
