import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseTariff } from '../tariff/index.ts';
import { linearPrice, type LinearPrice } from './linear-price.ts';
import { rateSession } from './rate-session.ts';
import { component, element, tariffJson, type Json } from './testing/build.ts';

const START_MS = Date.UTC(2025, 2, 29, 20);

const read = (json: Json) => {
  const parsed = parseTariff(json);
  assert.ok(parsed.ok, JSON.stringify(json));
  return parsed.value.tariff;
};

const priced = fc
  .tuple(
    fc.constantFrom('FLAT', 'ENERGY', 'TIME', 'PARKING_TIME'),
    fc.integer({ min: 0, max: 50_000 }).map((value) => (value / 10_000).toFixed(4)),
    fc.constantFrom(0, 1, 60, 300, 500),
    fc.constantFrom(undefined, '0', '5.2', '19'),
  )
  .map(([type, amount, step, vat]) => component(type, amount, step, vat));
const restricted = fc.constantFrom(
  {},
  { start_time: '21:00', end_time: '06:00' },
  { min_kwh: 3 },
  { max_kwh: 2 },
  { min_duration: 1_800 },
  { day_of_week: ['SUNDAY'] },
);
const tariffs = fc
  .tuple(
    fc.array(fc.tuple(fc.array(priced, { minLength: 1, maxLength: 4 }), restricted), {
      minLength: 1,
      maxLength: 4,
    }),
    fc.constantFrom(undefined, 'YES', 'NO'),
    fc.constantFrom(undefined, { excl_vat: 2, incl_vat: 2.2 }, { excl_vat: 1.5 }),
  )
  .map(([elements, tax, least]) =>
    tariffJson(
      elements.map(([list, restrictions]) => element(list, restrictions)),
      { ...(tax !== undefined && { tax_included: tax }), ...(least !== undefined && { min_price: least }) },
    ),
  );
/** A second that has begun is billed. */
const PARKED = tariffJson([element([component('PARKING_TIME', '0.0097')])]);
const intervals = fc.array(fc.tuple(fc.nat(9_000_000), fc.nat(40_000), fc.boolean()), {
  minLength: 1,
  maxLength: 5,
});

/** Each part rounded up, as a charger does. */
const costOf = (price: LinearPrice, energyWh: bigint, lastedMs: bigint): bigint =>
  price.microsPerSession +
  (energyWh * price.microsPerKWh + 999n) / 1_000n +
  (lastedMs * price.microsPerHour + 3_599_999n) / 3_600_000n;

describe('a linear price', () => {
  it('is the tariff’s own where that is linear, with its tax and the adjustment', () => {
    const tariff = read(
      tariffJson([
        element([
          component('ENERGY', '0.25', 1, '10'),
          component('PARKING_TIME', '2', 0, '10'),
          component('FLAT', '1', 1, '10'),
        ]),
      ]),
    );
    assert.deepEqual(linearPrice(tariff, 0n), {
      microsPerKWh: 275_000n,
      microsPerHour: 2_200_000n,
      microsPerSession: 1_100_000n,
    });
    assert.deepEqual(linearPrice(tariff, -100_000n), {
      microsPerKWh: 247_500n,
      microsPerHour: 1_980_000n,
      microsPerSession: 990_000n,
    });
  });

  it('is never under what the rating comes to, but for the rounding of net and tax to a micro each', () => {
    let compared = 0;
    fc.assert(
      fc.property(tariffs, intervals, (json, rows) => {
        const tariff = read(json);
        let [atMs, energyWh] = [START_MS, 0n];
        const readings = rows.map(([lengthMs, wh, isCharging]) => {
          const reading = {
            atMs,
            energyWh,
            state: isCharging ? ('charging' as const) : ('parking' as const),
          };
          atMs += lengthMs;
          energyWh += BigInt(wh);
          return reading;
        });
        const rated = rateSession({
          tariff,
          readings: [...readings, { atMs, energyWh, state: 'parking' as const }],
          zoneOffsets: [{ fromMs: START_MS, offsetMinutes: 60 }],
        });
        assert.ok(rated.ok);
        const { totalInclTaxMicros } = rated.value;
        const most = costOf(linearPrice(tariff, 0n), energyWh, BigInt(atMs - START_MS));
        assert.ok(totalInclTaxMicros <= most + 2n, `${totalInclTaxMicros} > ${most}`);
        compared += totalInclTaxMicros > 0n ? 1 : 0;
      }),
      { numRuns: 400, examples: [[PARKED, [[383_001, 0, false]]]] },
    );
    assert.ok(compared > 100, String(compared));
  });
});
