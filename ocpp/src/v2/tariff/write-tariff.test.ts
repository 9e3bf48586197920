import assert from 'node:assert/strict';
import { rateSession, resolveZone, unwrap, type Tariff } from '@roamgrid/domain';
import { adjust, readTariffJson } from '@roamgrid/wire';
import fc from 'fast-check';
import { driverTariff } from './driver-tariff.ts';
import type { TariffType } from './tariff-type.ts';
import { stationBill, type Interval } from './testing/station-bill.ts';
import { writeTariff } from './write-tariff.ts';

/** 20:00 on a Thursday in New York. */
const START_MS = Date.UTC(2026, 5, 12, 0);
const OFFSET_MINUTES = -240;
const ZONE = [{ fromMs: START_MS, offsetMinutes: OFFSET_MINUTES }];
const QUARTER_S = 900;

type Json = Readonly<Record<string, unknown>>;
const component = (type: string, price: number, vat?: number, step = 1): Json => ({
  ...{ type, price, step_size: step },
  ...(vat !== undefined && { vat }),
});
const element = (components: readonly Json[], restrictions?: Json): Json => ({
  price_components: components,
  ...(restrictions && { restrictions }),
});
const tariffOf = (elements: readonly Json[], more: Json = {}): Tariff =>
  unwrap(
    readTariffJson(
      JSON.stringify({
        ...{ country_code: 'US', party_id: 'DUK', id: 'T', currency: 'USD', elements },
        last_updated: '2026-01-01T00:00:00Z',
        ...more,
      }),
    ),
  );

const ABLE = {
  ...{ takesTariffs: true, takesConditions: true, mostElements: 20, currency: 'USD' },
  ...{ timeZone: 'America/New_York', startPoints: ['PowerPathClosed'] },
};
const said = (
  elements: readonly Json[],
  more: Json = {},
  { able = ABLE, ppm = 0n }: { readonly able?: Partial<typeof ABLE>; readonly ppm?: bigint } = {},
): TariffType | string =>
  driverTariff(
    { tariff: tariffOf(elements, more), adjustmentPpm: ppm, currency: 'USD', zoneOffsets: ZONE },
    [],
    { ...ABLE, ...able },
  );

const time = fc
  .tuple(fc.nat(23), fc.constantFrom('00', '15', '45'))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${minute}`);
const restrictions = fc.record(
  {
    start_time: time,
    end_time: time,
    day_of_week: fc.subarray(['MONDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'], { minLength: 1 }),
    min_kwh: fc.nat(12),
    max_kwh: fc.integer({ min: 1, max: 12 }),
    min_duration: fc.nat(12).map((quarters) => quarters * QUARTER_S),
    max_duration: fc.integer({ min: 1, max: 12 }).map((quarters) => quarters * QUARTER_S),
    start_date: fc.constantFrom('2026-06-11', '2026-06-12'),
    end_date: fc.constantFrom('2026-06-12', '2026-06-13'),
    reservation: fc.constantFrom('RESERVATION', 'RESERVATION_EXPIRES'),
  },
  { requiredKeys: [] },
);
/** Per hour a multiple of sixty parts, so that a minute has a decimal. */
const VATS: Readonly<Record<string, number | undefined>> = { ENERGY: 19, TIME: 5.5, PARKING_TIME: 0 };
const priced = (type: string) =>
  fc
    .nat(500)
    .map((price) => component(type, type === 'ENERGY' ? price / 1_000 : (price * 6) / 10, VATS[type]));
const components = fc
  .subarray(['ENERGY', 'TIME', 'PARKING_TIME'], { minLength: 1 })
  .chain((types) => fc.tuple(...types.map(priced)));
const tariffs = fc
  .record({
    rows: fc.array(fc.tuple(components, fc.option(restrictions, { nil: undefined })), {
      minLength: 1,
      maxLength: 4,
    }),
    fee: fc.option(fc.nat(200), { nil: undefined }),
    limits: fc.record(
      {
        min_price: fc.nat(900).map((cents) => ({ excl_vat: cents / 100, incl_vat: (cents * 2) / 100 })),
        max_price: fc.nat(3_000).map((cents) => ({ excl_vat: cents / 100, incl_vat: (cents * 2) / 100 })),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ rows, fee, limits }) =>
    tariffOf(
      [
        ...rows.map(([list, on]) => element(list, on)),
        ...(fee === undefined ? [] : [element([component('FLAT', fee / 100, 7)])]),
      ],
      limits,
    ),
  );
/** No threshold falls inside of a quarter of an hour. */
const stays = fc
  .array(fc.tuple(fc.nat(1), fc.boolean()), { minLength: 1, maxLength: 16 })
  .map((quarters): readonly Interval[] =>
    quarters.map(([kWh, isCharging], at) => ({
      startMs: START_MS + at * QUARTER_S * 1_000,
      seconds: QUARTER_S,
      energyWh: isCharging ? BigInt(kWh) * 1_000n : 0n,
      isCharging,
    })),
  );

const billed = (tariff: Tariff, stay: readonly Interval[], ppm: bigint): bigint => {
  let energyWh = 0n;
  const readings = stay.map(({ startMs, energyWh: used, isCharging }) => {
    const reading = {
      atMs: startMs,
      energyWh,
      state: isCharging ? ('charging' as const) : ('parking' as const),
    };
    energyWh += used;
    return reading;
  });
  const endMs = START_MS + stay.length * QUARTER_S * 1_000;
  const rated = rateSession({
    ...{ tariff, zoneOffsets: ZONE },
    readings: [...readings, { atMs: endMs, energyWh, state: 'parking' }],
  });
  if (!rated.ok) throw new Error(JSON.stringify(rated.error));
  const { totalMicros, taxMicros } = rated.value;
  return unwrap(adjust(totalMicros, ppm)) + unwrap(adjust(taxMicros, ppm));
};

describe('a price of ours as a tariff of OCPP 2.1', () => {
  it('comes, when a station calculates by it, to what is billed', () => {
    fc.assert(
      fc.property(tariffs, stays, fc.constantFrom(0n, -50_000n, 20_000n), (tariff, stay, ppm) => {
        const content = writeTariff({ tariff, adjustmentPpm: ppm, currency: 'USD' });
        const { inclTax } = stationBill(content, stay, OFFSET_MINUTES);
        const bill = billed(tariff, stay, ppm);
        // Net and gross are rounded to micros, and each once more when they are adjusted.
        const apart = bill * inclTax.d - inclTax.n * 1_000_000n;
        assert.ok(
          (apart < 0n ? -apart : apart) <= 3n * inclTax.d,
          `${bill} is not ${inclTax.n}/${inclTax.d}`,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('says each kind of price where OCPP has it, adjusted as it was negotiated, before tax', () => {
    const tariff = said(
      [
        element([component('ENERGY', 0.45, 19)], { start_time: '22:00', end_time: '06:00' }),
        element([component('ENERGY', 0.5, 19), component('TIME', 3, 19), component('FLAT', 0.35, 7)], {}),
        element([component('PARKING_TIME', 6)], { min_duration: 14_400, day_of_week: ['MONDAY'] }),
      ],
      { min_price: { excl_vat: 1, incl_vat: 1.19 } },
      { ppm: -100_000n },
    );
    assert.ok(typeof tariff !== 'string');
    const { tariffId, ...content } = tariff;
    assert.match(tariffId, /^[\w-]{43}$/);
    assert.deepEqual(content, {
      currency: 'USD',
      energy: {
        prices: [
          { priceKwh: 0.405, conditions: { startTimeOfDay: '22:00', endTimeOfDay: '06:00' } },
          { priceKwh: 0.45 },
        ],
        taxRates: [{ type: 'VAT', tax: 19 }],
      },
      chargingTime: { prices: [{ priceMinute: 0.045 }], taxRates: [{ type: 'VAT', tax: 19 }] },
      idleTime: { prices: [{ priceMinute: 0.09, conditions: { dayOfWeek: ['Monday'], minTime: 14_400 } }] },
      fixedFee: { prices: [{ priceFixed: 0.315 }], taxRates: [{ type: 'VAT', tax: 7 }] },
      minCost: { exclTax: 0.9, inclTax: 1.071 },
    });
    const other = said([element([component('ENERGY', 0.5)])]);
    assert.ok(typeof other !== 'string' && other.tariffId !== tariffId, 'other prices, another id');
    const same = said([element([component('ENERGY', 0.5)])]);
    assert.ok(typeof same !== 'string' && same.tariffId === other.tariffId, 'the same prices, the same id');
  });

  const night = { start_time: '22:00', end_time: '06:00' };
  const energy = component('ENERGY', 0.5);
  type Case = readonly [
    code: string,
    what: string,
    elements: readonly Json[],
    more?: Json,
    able?: Partial<Record<keyof typeof ABLE, unknown>>,
  ];
  const left: readonly Case[] = [
    [
      'STEP_SIZE',
      'it is billed by the started kilowatt-hour',
      [element([component('ENERGY', 0.5, 19, 1_000)])],
    ],
    [
      'TAX',
      'night and day have two taxes',
      [element([component('ENERGY', 0.4, 7)], night), element([component('ENERGY', 0.5, 19)])],
    ],
    [
      'TAX',
      'a limit states one side, and there are two taxes',
      [element([energy, component('FLAT', 1, 7)])],
      { min_price: { excl_vat: 2 } },
    ],
    ['NOT_EXACT', 'an hour’s price has no decimal for a minute', [element([component('TIME', 1)])]],
    ['POWER', 'fast charging costs more', [element([energy], { min_power: 50 })]],
    ['POWER', 'it asks for a current', [element([energy], { max_current: 32 })]],
    ['FEE', 'a fee is owed once it is night', [element([component('FLAT', 1)], night), element([energy])]],
    [
      'FEE',
      'a fee is owed after an hour',
      [element([component('FLAT', 1)], { min_duration: 3_600 }), element([component('FLAT', 0.5)])],
    ],
    ['CURRENCY', 'the station has another currency', [element([energy])], {}, { currency: 'CAD' }],
    ['CURRENCY', 'the tariff has another one than the offer', [element([energy])], { currency: 'EUR' }],
    [
      'CONDITIONS',
      'the station takes no conditions',
      [element([energy], { min_kwh: 10 })],
      {},
      { takesConditions: false },
    ],
    [
      'ELEMENTS',
      'the station takes one price alone',
      [element([energy], { min_kwh: 10 }), element([energy])],
      {},
      { mostElements: 1 },
    ],
    [
      'LOCAL_TIME',
      'the station is set to another zone',
      [element([energy], night)],
      {},
      { timeZone: 'America/Chicago' },
    ],
    [
      'LOCAL_TIME',
      'the station does not say where it is',
      [element([energy], night)],
      {},
      { timeZone: undefined },
    ],
    [
      'TIME',
      'the station counts from when the cable was plugged in',
      [element([component('TIME', 3)])],
      {},
      { startPoints: ['EVConnected', 'Authorized'] },
    ],
    [
      'TIME',
      'the station does not say from when it counts',
      [element([energy], { max_duration: 60 })],
      {},
      { startPoints: [] },
    ],
  ];
  for (const [code, what, elements, more, able] of left)
    it(`is left to its text because ${what}`, () => {
      assert.equal(
        said(elements, more, able === undefined ? {} : { able: able as Partial<typeof ABLE> }),
        code,
      );
    });

  it('needs a station whose clock on the wall goes back when the bill’s does', () => {
    const atMs = Date.UTC(2026, 9, 31, 12);
    const zoneOffsets = unwrap(resolveZone('America/New_York', atMs, atMs + 100 * 3_600_000));
    assert.equal(zoneOffsets.length, 2);
    const at = (timeZone: string) =>
      typeof driverTariff(
        { tariff: tariffOf([element([energy], night)]), adjustmentPpm: 0n, currency: 'USD', zoneOffsets },
        [],
        { ...ABLE, timeZone },
      );
    assert.deepEqual(['America/Detroit', 'America/Puerto_Rico'].map(at), ['object', 'string']);
  });

  it('needs no word of the station for what does not depend on it', () => {
    const bare = { takesConditions: false, timeZone: undefined, startPoints: [], currency: undefined };
    const able = { ...bare, mostElements: undefined } as unknown as Partial<typeof ABLE>;
    assert.notEqual(typeof said([element([energy, component('FLAT', 1)])], {}, { able }), 'string');
  });
});
