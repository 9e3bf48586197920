import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseTariff, UTC_OFFSETS, type ProblemCode, type Tariff } from '../tariff/index.ts';
import { rateSession, type MeterReading, type RateSessionInput } from './rate-session.ts';
import type { Rated } from './rated.ts';
import { cdrJson, component, element, lines, price, tariffJson, total, type Json } from './testing/build.ts';

const START_MS = Date.UTC(2025, 5, 2, 17, 30);
const MINUTE_MS = 60_000;

const tariffOf = (json: Json): Tariff => {
  const parsed = parseTariff(json);
  assert.ok(parsed.ok);
  return parsed.value.tariff;
};

/** `[minutes after the start, register in Wh, what holds from here]`. */
type Row = readonly [minutes: number, energyWh: bigint, more?: Partial<MeterReading>];

const readings = (rows: readonly Row[]): readonly MeterReading[] =>
  rows.map(([minutes, energyWh, more]) => ({ atMs: START_MS + minutes * MINUTE_MS, energyWh, ...more }));

const session = (json: Json, rows: readonly Row[], more: Partial<RateSessionInput> = {}): Rated => {
  const rated = rateSession({
    tariff: tariffOf(json),
    readings: readings(rows),
    zoneOffsets: UTC_OFFSETS,
    ...more,
  });
  assert.ok(rated.ok, rated.ok ? '' : JSON.stringify(rated.error));
  return rated.value;
};

const peak = tariffJson([
  element([component('FLAT', '0.50', 1, '10')]),
  element([component('ENERGY', '0.40', 1, '10')], { end_time: '18:00' }),
  element([component('ENERGY', '0.20', 1, '10'), component('PARKING_TIME', '3.00', 300, '10')]),
]);

describe('rating a metered session', () => {
  it('prices the difference of the register and splits an interval at the change of tariff', () => {
    const rated = session(peak, [
      [0, 1_000_000n],
      [60, 1_010_000n],
      [67, 1_010_000n],
    ]);
    assert.deepEqual(lines(rated), [
      'FLAT[0] 1 = 0.50',
      'ENERGY[1] 5 = 2.00',
      'ENERGY[2] 5 = 1.00',
      'PARKING_TIME[2] 0.166666667 = 0.50',
    ]);
    assert.equal(total(rated), '4.00 / 4.40');
    assert.deepEqual([rated.energyKWh, rated.timeHours, rated.parkingHours], ['10', '1.116667', '0.116667']);
  });

  it('takes the stated state of an interval before what its energy suggests', () => {
    const rated = session(peak, [
      [60, 0n, { state: 'parking' }],
      [90, 30n, { state: 'charging' }],
      [120, 30n],
    ]);
    assert.deepEqual(lines(rated), [
      'FLAT[0] 1 = 0.50',
      'ENERGY[2] 0.03 = 0.006',
      'PARKING_TIME[2] 0.5 = 1.50',
    ]);
  });

  it('knows power from the register, or from the reading where it says', () => {
    const tiers = tariffJson([
      element([component('ENERGY', '1')], { max_power: '16' }),
      element([component('ENERGY', '2')]),
    ]);
    const rows = (powerW?: bigint): readonly Row[] => [
      [0, 0n, powerW === undefined ? {} : { powerW }],
      [30, 5000n],
    ];
    assert.equal(total(session(tiers, rows())), '5.00 / 5.00');
    assert.equal(total(session(tiers, rows(48_000n))), '10.00 / 10.00');
  });

  it('knows current from the reading', () => {
    const tiers = tariffJson([
      element([component('ENERGY', '1')], { min_current: '32' }),
      element([component('ENERGY', '2')]),
    ]);
    const rows = (currentMilliA: bigint): readonly Row[] => [
      [0, 0n, { currentMilliA }],
      [30, 1000n],
    ];
    assert.equal(total(session(tiers, rows(32_000n))), '1.00 / 1.00');
    assert.equal(total(session(tiers, rows(31_999n))), '2.00 / 2.00');
  });

  it('bills a reservation before the session, and one that expired without it', () => {
    const json = tariffJson([
      element([component('TIME', '4', 600)], { reservation: 'RESERVATION_EXPIRES' }),
      element([component('TIME', '2', 600)], { reservation: 'RESERVATION' }),
      element([component('ENERGY', '1')]),
    ]);
    const reservation = { startMs: START_MS - 25 * MINUTE_MS, endMs: START_MS };
    const used: readonly Row[] = [
      [0, 0n],
      [30, 1000n],
    ];
    assert.deepEqual(lines(session(json, used, { reservation })), [
      'RESERVATION_TIME[1] 0.5 = 1.00',
      'ENERGY[2] 1 = 1.00',
    ]);
    assert.deepEqual(lines(session(json, [], { reservation })), ['RESERVATION_TIME[0] 0.5 = 2.00']);
  });

  it('uses the offsets it is given, and records them with the policy', () => {
    const zoneOffsets = [
      { fromMs: START_MS - 1000, offsetMinutes: 0 },
      { fromMs: START_MS + 15 * MINUTE_MS, offsetMinutes: 60 },
    ];
    const rows: readonly Row[] = [
      [0, 0n],
      [60, 60_000n],
    ];
    const rated = session(peak, rows, { zoneOffsets });
    // 17:30 to 17:45, then clocks jump to 18:45.
    assert.deepEqual(lines(rated), ['FLAT[0] 1 = 0.50', 'ENERGY[1] 15 = 6.00', 'ENERGY[2] 45 = 9.00']);
    assert.deepEqual(rated.zoneOffsets, zoneOffsets);
    assert.equal(rated.policy.version, 1);
  });

  it('costs what the CDR of the same session costs', () => {
    const step = fc.tuple(fc.integer({ min: 1, max: 90 }), fc.nat(9000));
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        let minutes = 0;
        let energyWh = 5_000n;
        const rows: Row[] = [[0, energyWh]];
        const periods = steps.map(([length, wh]) => {
          const start = new Date(START_MS + minutes * MINUTE_MS).toISOString();
          const type = wh > 0 ? 'TIME' : 'PARKING_TIME';
          minutes += length;
          energyWh += BigInt(wh);
          rows.push([minutes, energyWh]);
          return [start, { ENERGY: (wh / 1000).toFixed(3), [type]: (length / 60).toFixed(4) }] as const;
        });
        const end = new Date(START_MS + minutes * MINUTE_MS).toISOString();
        assert.equal(total(session(peak, rows)), total(price(peak, cdrJson(periods, end))));
      }),
    );
  });
});

describe('readings that cannot be rated', () => {
  const refused: readonly (readonly [
    name: string,
    rows: readonly Row[],
    code: ProblemCode,
    pointer: string,
  ])[] = [
    ['none', [], 'LIST_EMPTY', '/readings'],
    ['one', [[0, 1n]], 'LIST_EMPTY', '/readings'],
    [
      'a register that runs backwards',
      [
        [0, 5n],
        [1, 4n],
      ],
      'METER_WENT_BACK',
      '/readings/1/energyWh',
    ],
    [
      'a reading before the one before it',
      [
        [1, 5n],
        [0, 6n],
      ],
      'READINGS_UNORDERED',
      '/readings/1/atMs',
    ],
    [
      'a time that is no whole millisecond',
      [
        [0, 5n],
        [1, 6n, { atMs: 0.5 }],
      ],
      'VALUE_OUT_OF_RANGE',
      '/readings/1/atMs',
    ],
  ];
  for (const [name, rows, code, pointer] of refused) {
    it(`${name}: ${code} at ${pointer}`, () => {
      const rated = rateSession({
        tariff: tariffOf(peak),
        readings: readings(rows),
        zoneOffsets: UTC_OFFSETS,
      });
      assert.ok(!rated.ok);
      assert.deepEqual([rated.error[0]?.code, rated.error[0]?.pointer], [code, pointer]);
    });
  }
});
