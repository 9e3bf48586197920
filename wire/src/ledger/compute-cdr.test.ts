import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CdrInput } from './cdr-input.ts';
import { computeCdr } from './compute-cdr.ts';
import { energyOfGain } from './session-energy.ts';
import type { RecordedReading } from './session.ts';

const START_MS = Date.UTC(2026, 6, 1, 18, 0);
const HOUR_MS = 3_600_000;

/** 1.00 flat, 0.25 a kWh (0.50 from 19:00 local), 2.00 an hour parked, 10 % tax. */
const TARIFF = JSON.stringify({
  country_code: 'US',
  party_id: 'DUK',
  id: 'T1',
  currency: 'USD',
  elements: [
    {
      price_components: [
        { type: 'ENERGY', price: 0.5, vat: 10, step_size: 1 },
        { type: 'PARKING_TIME', price: 2, vat: 10, step_size: 1 },
        { type: 'FLAT', price: 1, vat: 10, step_size: 1 },
      ],
      restrictions: { start_time: '19:00', end_time: '24:00' },
    },
    {
      price_components: [
        { type: 'ENERGY', price: 0.25, vat: 10, step_size: 1 },
        { type: 'PARKING_TIME', price: 2, vat: 10, step_size: 1 },
        { type: 'FLAT', price: 1, vat: 10, step_size: 1 },
      ],
    },
  ],
  last_updated: '2026-01-01T00:00:00Z',
});

const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);

const input = (over: Partial<CdrInput> = {}): CdrInput => ({
  laneSequence: 1,
  meteredBy: 'meter',
  quote: {
    channel: 'roaming',
    sessionId: 'USDUK-USALP-g0-1',
    vun: 'USDUK',
    hun: 'USALP',
    agreementId: 'a1',
    stationId: 'st1',
    evseId: 'US*DUK*E0001*1',
    tariffId: 'T1',
    tariffVersion: 1,
    adjustmentPpm: -100_000n,
    currency: 'USD',
    requestedEnergyWh: 20_000n,
    plannedMs: 2 * HOUR_MS,
    estimateMicros: 5_000_000n,
    capMicros: 20_000_000n,
    zoneOffsets: [{ fromMs: START_MS, offsetMinutes: 0 }],
    issuedAtMs: START_MS,
    validUntilMs: START_MS + 60_000,
  },
  readings: [
    { atMs: START_MS, registerMilliWh: 1_000_000n, charging: true },
    { atMs: START_MS + HOUR_MS, registerMilliWh: 11_000_000n, charging: true },
    { atMs: START_MS + HOUR_MS + HOUR_MS / 2, registerMilliWh: 15_000_000n, charging: false },
    { atMs: START_MS + 2 * HOUR_MS, registerMilliWh: 15_000_000n, charging: false },
  ],
  tariffJson: TARIFF,
  terms: { shares: { hun: 50_000n, vun: 800_000n, infrastructure: 150_000n, driver: 0n } },
  endReason: 'driver',
  ...over,
});

describe('the charge detail record', () => {
  it('has the worked total of a session that parks and meets two prices', () => {
    const cdr = computeCdr(input());
    assert.ok(cdr.ok);
    // 1.00 + 10 kWh × 0.25 + 4 kWh × 0.50 + 0.5 h × 2.00 = 6.50, less 10 % = 5.85, tax 0.585.
    assert.equal(cdr.value.netMicros, 5_850_000n);
    assert.equal(cdr.value.taxMicros, 585_000n);
    assert.equal(cdr.value.totalMicros, 6_435_000n);
    assert.equal(cdr.value.energyWh, 14_000n);
    assert.equal(cdr.value.startMs, START_MS);
    assert.equal(cdr.value.endMs, START_MS + 2 * HOUR_MS);
    assert.deepEqual(cdr.value.shares, {
      hun: 321_750n,
      vun: 5_148_000n,
      infrastructure: 965_250n,
      driver: 0n,
    });
    assert.deepEqual(
      cdr.value.lines.map(({ kind, quantity, unit, amountMicros }) => [kind, quantity, unit, amountMicros]),
      [
        ['FLAT', '1', '1', 1_000_000n],
        ['ENERGY', '10000', 'Wh', 2_500_000n],
        ['ENERGY', '4000', 'Wh', 2_000_000n],
        ['PARKING_TIME', '1800', 's', 1_000_000n],
        ['ADJUSTMENT', '-100000', 'ppm', -650_000n],
      ],
    );
  });

  it('has the energy between its first and last register, rounded once, by a rule that it names', () => {
    const [first, ...rest] = input().readings;
    assert.ok(first);
    // 14,000.5 Wh: a half goes to the even watt-hour, and each part from the start of the session.
    const readings = [{ ...first, registerMilliWh: first.registerMilliWh - 500n }, ...rest];
    const cdr = computeCdr(input({ readings }));
    assert.ok(cdr.ok);
    assert.equal(cdr.value.energyWh, 14_000n);
    assert.deepEqual(
      cdr.value.lines.filter(({ kind }) => kind === 'ENERGY').map(({ quantity }) => quantity),
      ['10000', '4000'],
    );
    assert.equal(cdr.value.pricingPolicy, 'roamgrid-ocpi/1+energy-half-even+adjust-half-up');
  });

  it('prices minutes only when the meter vouches for them, and energy always', () => {
    const [first, ...rest] = input().readings;
    const last = rest.pop();
    assert.ok(first && last);
    type Flags = Pick<RecordedReading, 'clock' | 'errorFlags'>;
    const outcome = (begin: Flags, end: Flags, tariffJson = TARIFF) => {
      const readings = [{ ...first, ...begin }, ...rest, { ...last, ...end }];
      const cdr = computeCdr(input({ readings, tariffJson }));
      return cdr.ok ? cdr.value.energyWh : cdr.error.code;
    };
    const energyOnly = TARIFF.replaceAll('PARKING_TIME', 'FLAT');
    const byDuration = energyOnly.replace('"start_time":"19:00"', '"max_duration":600,"start_time":"19:00"');
    const rows: readonly [Flags, Flags, boolean][] = [
      [{}, {}, true],
      [{ clock: 'I' }, { clock: 'R' }, true],
      [{ clock: 'R' }, { clock: 'R' }, true],
      [{ clock: 'R' }, {}, true],
      [{ clock: 'I' }, {}, false],
      [{ clock: 'U' }, {}, false],
      [{}, { clock: 'I' }, false],
      [{}, { clock: 'U' }, false],
      [{ errorFlags: 't' }, {}, false],
      [{}, { errorFlags: 't' }, false],
      [{ clock: 'I' }, { clock: 'R', errorFlags: 't' }, false],
    ];
    for (const [begin, end, counts] of rows) {
      const what = JSON.stringify([begin, end]);
      assert.equal(outcome(begin, end), counts ? 14_000n : 'TIME_UNUSABLE', what);
      assert.equal(outcome(begin, end, byDuration), counts ? 14_000n : 'TIME_UNUSABLE', what);
      assert.equal(outcome(begin, end, energyOnly), 14_000n, what);
    }
  });

  it('has lines that add up to its totals, and shares that add up to its total, whatever was measured', () => {
    const steps = fc.array(
      fc.record({
        ms: fc.integer({ min: 1, max: HOUR_MS }),
        gainedMilliWh: fc.bigInt(0n, 30_000_000n),
        charging: fc.boolean(),
      }),
      { minLength: 1, maxLength: 8 },
    );
    const ppm = fc.bigInt(-1_000_000n, 1_000_000n);
    const part = fc.integer({ min: 0, max: 500_000 }).map(BigInt);
    fc.assert(
      fc.property(steps, ppm, part, part, (moves, adjustmentPpm, hun, infrastructure) => {
        let last = { atMs: START_MS, registerMilliWh: 5_000n, charging: true };
        const readings = [last];
        for (const { ms, gainedMilliWh, charging } of moves) {
          last = { atMs: last.atMs + ms, registerMilliWh: last.registerMilliWh + gainedMilliWh, charging };
          readings.push(last);
        }
        const base = input();
        const shares = { hun, infrastructure, vun: 1_000_000n - hun - infrastructure, driver: 0n };
        const cdr = computeCdr({
          ...base,
          readings,
          terms: { shares },
          quote: { ...base.quote, adjustmentPpm },
        });
        assert.ok(cdr.ok);
        const { lines, netMicros, taxMicros, totalMicros, energyWh } = cdr.value;
        assert.equal(energyWh, energyOfGain(sum(moves.map(({ gainedMilliWh }) => gainedMilliWh))));
        assert.equal(sum(lines.map((line) => line.amountMicros)), netMicros);
        assert.equal(sum(lines.map((line) => line.taxMicros)), taxMicros);
        assert.equal(netMicros + taxMicros, totalMicros);
        assert.equal(sum(Object.values(cdr.value.shares)), totalMicros);
      }),
    );
  });

  it('is refused, each by its reason', () => {
    const base = input();
    const reversed = [...base.readings].reverse();
    const aMilliWhBack = base.readings.map((reading, at) =>
      at === 3 ? { ...reading, registerMilliWh: reading.registerMilliWh - 1n } : reading,
    );
    const cases: readonly [Partial<CdrInput>, string][] = [
      [{ tariffJson: '{' }, 'TARIFF_INVALID'],
      [{ tariffJson: '{"currency":"USD"}' }, 'TARIFF_INVALID'],
      [{ quote: { ...base.quote, currency: 'EUR' } }, 'CURRENCY_DIFFERS'],
      [{ readings: base.readings.slice(0, 1) }, 'READINGS_INVALID'],
      [{ readings: reversed }, 'READINGS_INVALID'],
      [{ readings: aMilliWhBack }, 'READINGS_INVALID'],
      [{ quote: { ...base.quote, adjustmentPpm: -1_000_001n } }, 'CHARGE_NEGATIVE'],
      [{ terms: { shares: { hun: 1n, vun: 1n, infrastructure: 1n, driver: 1n } } }, 'SHARES_INVALID'],
    ];
    for (const [over, code] of cases) {
      const cdr = computeCdr(input(over));
      assert.equal(cdr.ok ? 'ok' : cdr.error.code, code);
    }
  });
});
