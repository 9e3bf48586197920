import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseTariff } from '../tariff/index.ts';
import { rateSession } from './rate-session.ts';
import { component, element, tariffJson, type Json } from './testing/build.ts';
import { uniformRate } from './uniform.ts';

const START_MS = Date.UTC(2025, 2, 29, 20);

const priced = fc
  .tuple(
    fc.constantFrom('FLAT', 'ENERGY', 'TIME', 'PARKING_TIME'),
    fc.integer({ min: 0, max: 50_000 }).map((value) => (value / 10_000).toFixed(4)),
    fc.constantFrom(0, 1, 60, 300, 500),
    fc.constantFrom(undefined, '0', '5.2', '7', '19'),
  )
  .map(([type, amount, step, vat]) => component(type, amount, step, vat));
const tariffs = fc
  .tuple(
    fc.array(fc.array(priced, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
    fc.constantFrom(undefined, 'YES', 'NO'),
  )
  .map(([elements, tax]) =>
    tariffJson(
      elements.map((list) => element(list)),
      tax === undefined ? {} : { tax_included: tax },
    ),
  );
/** Milliseconds, watt-hours, and whether it charged. */
const intervals = fc.array(fc.tuple(fc.nat(9_000_000), fc.nat(40_000), fc.boolean()), {
  minLength: 1,
  maxLength: 5,
});

const read = (json: Json) => {
  const parsed = parseTariff(json);
  assert.ok(parsed.ok, JSON.stringify(json));
  return parsed.value.tariff;
};

describe('the total under a tariff with one price for each thing', () => {
  it('is that of the whole rating, to the micro', () => {
    let compared = 0;
    fc.assert(
      fc.property(tariffs, intervals, (json, rows) => {
        const tariff = read(json);
        const rate = uniformRate(tariff);
        assert.ok(rate !== undefined);
        let atMs = START_MS;
        let energyWh = 5_000n;
        const use = { energyWh: 0n, chargingMs: 0, parkingMs: 0 };
        const readings = rows.map(([lengthMs, wh, isCharging]) => {
          const state = isCharging ? ('charging' as const) : ('parking' as const);
          const reading = { atMs, energyWh, state };
          atMs += lengthMs;
          energyWh += BigInt(wh);
          use.energyWh += BigInt(wh);
          use[isCharging ? 'chargingMs' : 'parkingMs'] += lengthMs;
          return reading;
        });
        const rated = rateSession({
          tariff,
          readings: [...readings, { atMs, energyWh, state: 'parking' }],
          zoneOffsets: [{ fromMs: START_MS, offsetMinutes: 60 }],
        });
        assert.ok(rated.ok);
        const { totalMicros, taxMicros } = rated.value;
        assert.deepEqual(rate(use), { totalMicros, taxMicros });
        compared += totalMicros > 0n ? 1 : 0;
      }),
      { numRuns: 500 },
    );
    assert.ok(compared > 100, String(compared));
  });

  it('is not worked out so where prices change, are limited or lie below zero', () => {
    const energy = component('ENERGY', '0.3', 1, '7');
    const others: readonly Json[] = [
      tariffJson([element([energy], { start_time: '08:00' }), element([energy])]),
      tariffJson([element([energy], { min_kwh: 10 }), element([energy])]),
      tariffJson([element([energy])], { min_price: { excl_vat: 1 } }),
      tariffJson([element([energy])], { max_price: { excl_vat: 9 } }),
      tariffJson([element([component('ENERGY', '-0.3')])]),
    ];
    for (const json of others) {
      const parsed = parseTariff(json);
      if (parsed.ok) assert.equal(uniformRate(parsed.value.tariff), undefined, JSON.stringify(json));
    }
    assert.notEqual(uniformRate(read(tariffJson([element([energy])]))), undefined);
  });
});
