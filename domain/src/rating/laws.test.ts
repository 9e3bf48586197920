import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseTariff } from '../tariff/index.ts';
import { parseCdr } from './parse-cdr.ts';
import type { Rated } from './rated.ts';
import {
  cdrJson,
  component,
  element,
  price,
  tariffJson,
  type Json,
  type PeriodRow,
} from './testing/build.ts';

const START_MS = Date.UTC(2025, 2, 29, 20);
const iso = (ms: number): string => new Date(ms).toISOString();
const decimal = (max: number, digits: number): fc.Arbitrary<string> =>
  fc.integer({ min: 0, max: max * 10 ** digits }).map((value) => {
    const text = String(value).padStart(digits + 1, '0');
    return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
  });

const time = fc
  .tuple(fc.nat(23), fc.constantFrom('00', '15', '37'))
  .map(([h, m]) => `${String(h).padStart(2, '0')}:${m}`);
const WEEKDAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'];
const restrictions = fc.record(
  {
    start_time: time,
    end_time: time,
    day_of_week: fc.subarray(WEEKDAYS),
    min_kwh: decimal(20, 1),
    max_kwh: decimal(30, 1),
    min_duration: fc.nat(10_000),
    max_duration: fc.nat(20_000),
    start_date: fc.constantFrom('2025-03-29', '2025-03-30', '2025-03-31'),
  },
  { requiredKeys: [] },
);
const priced = (type: string, steps: readonly number[] = [1, 60, 300, 500]): fc.Arbitrary<Json> =>
  fc
    .tuple(
      decimal(5, 4),
      fc.constantFrom(...steps),
      fc.option(fc.constantFrom('0', '5.2', '19'), { nil: undefined }),
    )
    .map(([amount, step, vat]) => component(type, amount, step, vat));
const components = (steps?: readonly number[]): fc.Arbitrary<readonly Json[]> =>
  fc
    .tuple(fc.subarray(['FLAT', 'ENERGY', 'TIME', 'PARKING_TIME'], { minLength: 1 }))
    .chain(([types]) => fc.tuple(...types.map((type) => priced(type, steps))));
const tariffs = (steps?: readonly number[]): fc.Arbitrary<Json> =>
  fc
    .array(fc.tuple(components(steps), fc.option(restrictions, { nil: undefined })), {
      minLength: 1,
      maxLength: 5,
    })
    .map((rows) => tariffJson(rows.map(([list, on]) => element(list, on))));

/** Minutes, Wh and whether it charged; times are whole minutes so that four decimals are never in the way. */
const intervals = fc.array(fc.tuple(fc.integer({ min: 1, max: 200 }), fc.nat(15_000), fc.boolean()), {
  minLength: 1,
  maxLength: 6,
});
type Intervals = readonly (readonly [number, number, boolean])[];

const hoursText = (minutes: number): string => (minutes / 60).toFixed(9);
const kWhText = (wh: number): string => (wh / 1000).toFixed(6);

const cdrOf = (rows: Intervals): Json => {
  let atMs = START_MS;
  const periods: PeriodRow[] = [];
  for (const [minutes, wh, charging] of rows) {
    periods.push([
      iso(atMs),
      { [charging ? 'TIME' : 'PARKING_TIME']: hoursText(minutes), ENERGY: kWhText(charging ? wh : 0) },
    ]);
    atMs += minutes * 60_000;
  }
  return cdrJson(periods, iso(atMs));
};

const zone = 'Europe/Amsterdam'; // the short night of 30 March lies inside
const amounts = (rated: Rated): readonly bigint[] => [rated.totalMicros, rated.totalInclTaxMicros];
const add = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n);

describe('laws of rating', () => {
  it('lines, totals by dimension and taxes add up to the total to the last micro, at any scale', () => {
    fc.assert(
      fc.property(tariffs(), intervals, fc.constantFrom(0, 2, 4, 6), (tariff, rows, digits) => {
        const rated = price(tariff, cdrOf(rows), { zone, policy: { digits } });
        assert.equal(add(rated.lines.map(({ micros }) => micros)), rated.totalMicros);
        assert.equal(add(rated.lines.map(({ taxMicros }) => taxMicros)), rated.taxMicros);
        assert.equal(add(rated.taxes.map(({ taxMicros }) => taxMicros)), rated.taxMicros);
        assert.equal(rated.totalMicros + rated.taxMicros, rated.totalInclTaxMicros);
        const parts = [rated.energy, rated.time, rated.parking, rated.fixed, rated.reservation];
        assert.equal(add(parts.map(({ micros }) => micros)), rated.totalMicros);
        assert.ok(rated.lines.every(({ micros }) => micros % 10n ** BigInt(6 - digits) === 0n));
      }),
    );
  });

  it('cutting any period in two, evenly in time and energy, changes no price', () => {
    fc.assert(
      fc.property(tariffs(), intervals, fc.nat(5), (tariff, rows, pick) => {
        const index = pick % rows.length;
        const [minutes, wh, charging] = rows[index] ?? [2, 0, true];
        const doubled: [number, number, boolean][] = rows.map((row): [number, number, boolean] => [...row]);
        doubled[index] = [minutes * 2, wh * 2, charging];
        const half: [number, number, boolean] = [minutes, wh, charging];
        const cut: Intervals = [...doubled.slice(0, index), half, half, ...doubled.slice(index + 1)];
        const whole = price(tariff, cdrOf(doubled), { zone });
        const parts = price(tariff, cdrOf(cut), { zone });
        assert.deepEqual(amounts(parts), amounts(whole));
      }),
    );
  });

  it('one long period costs what its minutes cost one by one', () => {
    fc.assert(
      fc.property(tariffs(), fc.integer({ min: 1, max: 300 }), fc.nat(60), (tariff, minutes, whPerMinute) => {
        const each = Array.from({ length: minutes }, (): [number, number, boolean] => [1, whPerMinute, true]);
        const whole = price(tariff, cdrOf([[minutes, minutes * whPerMinute, true]]), { zone });
        assert.deepEqual(amounts(price(tariff, cdrOf(each), { zone })), amounts(whole));
      }),
      { numRuns: 40 },
    );
  });

  it('more energy never costs less where nothing is restricted and no price is negative', () => {
    fc.assert(
      fc.property(components(), intervals, fc.nat(5), fc.nat(9000), (list, rows, pick, more) => {
        const tariff = tariffJson([element(list)]);
        const grown = rows.map(([minutes, wh, charging], index): [number, number, boolean] => [
          minutes,
          index === pick % rows.length ? wh + more : wh,
          charging,
        ]);
        const before = price(tariff, cdrOf(rows), { zone });
        const after = price(tariff, cdrOf(grown), { zone });
        assert.ok(
          after.totalMicros >= before.totalMicros && after.totalInclTaxMicros >= before.totalInclTaxMicros,
        );
      }),
    );
  });

  it('the order of components and of elements for other dimensions changes no price', () => {
    fc.assert(
      fc.property(
        priced('ENERGY'),
        priced('TIME'),
        priced('PARKING_TIME'),
        restrictions,
        intervals,
        (e, t, p, on, rows) => {
          const cdr = cdrOf(rows);
          const one = price(tariffJson([element([e, t, p], on)]), cdr, { zone });
          const shuffled = tariffJson([element([p], on), element([t], on), element([e], on)]);
          assert.deepEqual(amounts(price(shuffled, cdr, { zone })), amounts(one));
        },
      ),
    );
  });

  it('a step never takes away, and adds less than one step at the dearest price', () => {
    fc.assert(
      fc.property(components([1]), fc.constantFrom(60, 900, 1000), intervals, (list, step, rows) => {
        const stepped = list.map((entry) => ({ ...entry, step_size: step }));
        const cdr = cdrOf(rows);
        const exact = price(tariffJson([element(list)]), cdr, { zone });
        const rated = price(tariffJson([element(stepped)]), cdr, { zone });
        const stepEnergy = 5_000_000n * BigInt(step);
        const stepTime = 5_000_000n * BigInt(step);
        assert.ok(rated.totalMicros >= exact.totalMicros - 10n);
        assert.ok(rated.energy.micros - exact.energy.micros <= stepEnergy / 1000n);
        assert.ok(
          rated.time.micros + rated.parking.micros - exact.time.micros - exact.parking.micros <=
            stepTime / 3600n + 1n,
        );
      }),
    );
  });

  it('the same input gives the same answer', () => {
    fc.assert(
      fc.property(tariffs(), intervals, (tariff, rows) => {
        assert.deepEqual(price(tariff, cdrOf(rows), { zone }), price(tariff, cdrOf(rows), { zone }));
      }),
    );
  });
});

describe('the readers', () => {
  it('answer any JSON with a value or problems, and never throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const result of [parseTariff(value), parseCdr(value)]) {
          assert.ok(result.ok || result.error.length > 0);
        }
      }),
    );
  });

  it('nor does a known shape with anything in one of its places break them', () => {
    const cdr = cdrOf([[10, 100, true]]);
    const tariff = tariffJson([element([component('ENERGY', '1')], { start_time: '10:00', max_kwh: '1' })]);
    const poke = (target: Json, path: readonly string[], value: unknown): Json => {
      const [key = '', ...rest] = path;
      const child = target[key];
      const next =
        rest.length > 0 && typeof child === 'object' && child !== null
          ? poke(child as Json, rest, value)
          : value;
      return Array.isArray(target)
        ? Object.assign([...(target as unknown[])], { [key]: next })
        : { ...target, [key]: next };
    };
    const keys = fc.constantFrom(
      'elements',
      '0',
      'price_components',
      'price',
      'type',
      'vat',
      'step_size',
      'restrictions',
      'start_time',
      'max_kwh',
      'charging_periods',
      'dimensions',
      'volume',
      'start_date_time',
      'tariffs',
      'total_cost',
      'currency',
    );
    fc.assert(
      fc.property(fc.array(keys, { minLength: 1, maxLength: 5 }), fc.jsonValue(), (path, value) => {
        const results = [parseTariff(poke(tariff, path, value)), parseCdr(poke(cdr, path, value))];
        for (const result of results)
          assert.ok(
            result.ok || result.error.every(({ pointer }) => pointer === '' || pointer.startsWith('/')),
          );
      }),
      { numRuns: 500 },
    );
  });
});
