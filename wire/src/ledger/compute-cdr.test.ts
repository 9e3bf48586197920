import assert from 'node:assert/strict';
import fc from 'fast-check';
import { computeCdr, type CdrInput } from './compute-cdr.ts';

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

const input = (over: Partial<CdrInput> = {}): CdrInput => ({
  cdrId: 'c1',
  pairSequence: 1,
  quote: {
    quoteId: 'q1',
    sessionId: 's1',
    requestId: 'r1',
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
    { atMs: START_MS, registerWh: 1_000n, charging: true },
    { atMs: START_MS + HOUR_MS, registerWh: 11_000n, charging: true },
    { atMs: START_MS + HOUR_MS + HOUR_MS / 2, registerWh: 15_000n, charging: false },
    { atMs: START_MS + 2 * HOUR_MS, registerWh: 15_000n, charging: false },
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

  it('has lines that add up to its totals, and shares that add up to its total, whatever was measured', () => {
    const steps = fc.array(
      fc.record({
        ms: fc.integer({ min: 1, max: HOUR_MS }),
        wh: fc.bigInt(0n, 30_000n),
        charging: fc.boolean(),
      }),
      { minLength: 1, maxLength: 8 },
    );
    const ppm = fc.bigInt(-1_000_000n, 1_000_000n);
    const part = fc.integer({ min: 0, max: 500_000 }).map(BigInt);
    fc.assert(
      fc.property(steps, ppm, part, part, (moves, adjustmentPpm, hun, infrastructure) => {
        let last = { atMs: START_MS, registerWh: 5n, charging: true };
        const readings = [last];
        for (const { ms, wh, charging } of moves) {
          last = { atMs: last.atMs + ms, registerWh: last.registerWh + wh, charging };
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
        const { lines, netMicros, taxMicros, totalMicros } = cdr.value;
        const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
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
    const cases: readonly [Partial<CdrInput>, string][] = [
      [{ tariffJson: '{' }, 'TARIFF_INVALID'],
      [{ tariffJson: '{"currency":"USD"}' }, 'TARIFF_INVALID'],
      [{ quote: { ...base.quote, currency: 'EUR' } }, 'CURRENCY_DIFFERS'],
      [{ readings: base.readings.slice(0, 1) }, 'READINGS_INVALID'],
      [{ readings: reversed }, 'READINGS_INVALID'],
      [{ quote: { ...base.quote, adjustmentPpm: -1_000_001n } }, 'CHARGE_NEGATIVE'],
      [{ terms: { shares: { hun: 1n, vun: 1n, infrastructure: 1n, driver: 1n } } }, 'SHARES_INVALID'],
    ];
    for (const [over, code] of cases) {
      const cdr = computeCdr(input(over));
      assert.equal(cdr.ok ? 'ok' : cdr.error.code, code);
    }
  });
});
