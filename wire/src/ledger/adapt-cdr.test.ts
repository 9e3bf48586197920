import assert from 'node:assert/strict';
import fc from 'fast-check';
import { adaptationRule, type AdaptationRule } from './adaptation-rule.ts';
import type { CdrInput, GridInput } from './cdr-input.ts';
import { computeCdr } from './compute-cdr.ts';
import type { DemandChunkRecord } from './grid.ts';
import { DEMAND_MARGIN_MS, demandOfSession } from './grid-demand.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 6, 15, 20);
const GW = 1_000_000_000n;

const RULE: AdaptationRule = {
  version: 3,
  sources: [
    { utilityId: 'USDUK', areaId: 'DUK' },
    { utilityId: 'USALP', areaId: 'DUK' },
  ],
  capacityW: 20n * GW,
  intervalMs: HOUR_MS,
  bands: [
    { fromRatioPpm: 0n, movePpm: -100_000n },
    { fromRatioPpm: 600_000n, movePpm: 0n },
    { fromRatioPpm: 900_000n, movePpm: 150_000n },
  ],
  tolerancePpm: 20_000n,
  plausible: { minW: 4n * GW, maxW: 30n * GW, maxChangePpm: 300_000n },
  maxAgeMs: 2 * HOUR_MS,
  driver: { upPpm: 500_000n, downPpm: 1_000_000n },
};

/** Hourly readings of a source; `undefined` leaves the hour out. The first is at two hours before the session. */
const feed = (
  utilityId: string,
  gigawatts: readonly (number | undefined)[],
  recordedAtMs = START_MS,
): DemandChunkRecord[] =>
  gigawatts.flatMap((value, hour) => {
    if (value === undefined) return [];
    const atMs = START_MS + (hour - 2) * HOUR_MS;
    return [
      {
        type: 'demandChunk' as const,
        version: 1 as const,
        utilityId,
        areaId: 'DUK',
        intervalMs: HOUR_MS,
        readings: [{ atMs, demandW: BigInt(Math.round(value * 1e9)) }],
        recordedAtMs,
      },
    ];
  });

/** 0.30 a kWh before 10 % tax. */
const TARIFF = JSON.stringify({
  country_code: 'US',
  party_id: 'DUK',
  id: 'T1',
  currency: 'USD',
  elements: [{ price_components: [{ type: 'ENERGY', price: 0.3, vat: 10, step_size: 1 }] }],
  last_updated: '2026-01-01T00:00:00Z',
});

const SHARES = { hun: 100_000n, vun: 700_000n, infrastructure: 180_000n, driver: 20_000n };

/** 20 kWh over two hours, ten in each: 6.00 and 0.60 tax before any move. */
const inputOf = (grid: GridInput | undefined, over: Partial<CdrInput> = {}): CdrInput => ({
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
    adjustmentPpm: 0n,
    currency: 'USD',
    requestedEnergyWh: 20_000n,
    plannedMs: 2 * HOUR_MS,
    estimateMicros: 6_600_000n,
    capMicros: 8_000_000n,
    zoneOffsets: [{ fromMs: 0, offsetMinutes: 0 }],
    issuedAtMs: START_MS,
    validUntilMs: START_MS + 60_000,
  },
  readings: [
    { atMs: START_MS, registerMilliWh: 0n, charging: true },
    { atMs: START_MS + 2 * HOUR_MS, registerMilliWh: 20_000_000n, charging: true },
  ],
  tariffJson: TARIFF,
  terms: { shares: SHARES },
  endReason: 'driver',
  ...(grid && { grid }),
  ...over,
});

const gridOf = (chunks: DemandChunkRecord[], rule: Partial<AdaptationRule> = {}): GridInput => ({
  terms: {
    adaptation: { ...RULE, ...rule },
    floorMicrosPerKWh: 200_000n,
    ceilingMicrosPerKWh: 400_000n,
  },
  chunks,
});

const cdrOf = (input: CdrInput) => {
  const cdr = computeCdr(input);
  if (!cdr.ok) assert.fail(cdr.error.message);
  return cdr.value;
};
const both = (gigawatts: readonly (number | undefined)[]) => [
  ...feed('USDUK', gigawatts),
  ...feed('USALP', gigawatts),
];
const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);

describe('settlement by measured demand', () => {
  it('moves each interval by its band, up and down, and says from what', () => {
    const cdr = cdrOf(inputOf(gridOf(both([15, 15, 11, 10].map((gw) => gw + 7)), {})));
    const [first, second] = cdr.lines.filter(({ kind }) => kind === 'ADAPTATION');
    // 18 of 20 GW is up by 15 % of 3.00, half of it the driver's; 17 GW moves nothing.
    assert.deepEqual([first?.quantity, first?.amountMicros, first?.taxMicros], ['150000', 225_000n, 22_500n]);
    assert.deepEqual(first?.grid, {
      ruleVersion: 3,
      fromMs: START_MS,
      untilMs: START_MS + HOUR_MS,
      outcome: 'measured',
      readingAtMs: START_MS,
      demandW: 18n * GW,
      ratioPpm: 900_000n,
      baseMicros: 3_000_000n,
      movedMicros: 450_000n,
      betweenMicros: 225_000n,
      limitedBy: 'none',
    });
    assert.deepEqual([second?.quantity, second?.amountMicros], ['0', 0n]);
    assert.equal(cdr.netMicros, 6_225_000n);
    assert.equal(cdr.totalMicros, 6_847_500n);
    // A tenth of the total is the home utility's; it bears the other half of the move.
    assert.equal(cdr.shares.hun, 684_750n - 225_000n);
    assert.equal(cdr.shares.vun, 4_793_250n + 225_000n);
    assert.equal(cdr.pricingPolicy.endsWith('+grid-3'), true);
  });

  it('passes a downward move on by policy, and the rest to the home utility', () => {
    const down = both([11, 11, 11, 11]);
    const kept = cdrOf(inputOf(gridOf(down)));
    assert.equal(kept.netMicros, 5_400_000n);
    const half = cdrOf(inputOf(gridOf(down, { driver: { upPpm: 0n, downPpm: 500_000n } })));
    assert.equal(half.netMicros, 5_700_000n);
    assert.equal(half.shares.hun, 627_000n + 300_000n);
    assert.equal(sum(Object.values(half.shares)), half.totalMicros);
  });

  it('never passes the consented cap, and lets the home utility bear what is above it', () => {
    const up = gridOf(both([19, 19, 19, 19]), { driver: { upPpm: 1_000_000n, downPpm: 1_000_000n } });
    const input = inputOf(up);
    const capped = cdrOf({ ...input, quote: { ...input.quote, capMicros: 7_200_000n } });
    assert.equal(capped.totalMicros, 7_200_000n);
    const lines = capped.lines.filter(({ kind }) => kind === 'ADAPTATION');
    assert.deepEqual(
      lines.map(({ grid }) => grid?.limitedBy),
      ['none', 'cap'],
    );
    assert.ok((lines[1]?.grid?.betweenMicros ?? 0n) > 0n);
  });

  it('keeps the moved price inside floor and ceiling of the agreement', () => {
    const bands = [{ fromRatioPpm: 0n, movePpm: 1_000_000n }];
    const input = inputOf(
      gridOf(both([15, 15, 15, 15]), { bands, driver: { upPpm: 1_000_000n, downPpm: 0n } }),
    );
    const up = cdrOf({ ...input, quote: { ...input.quote, capMicros: 10_000_000n } });
    assert.deepEqual(
      up.lines.map(({ grid }) => grid?.limitedBy),
      [undefined, 'ceiling', 'ceiling'],
    );
    // 0.30 went to the ceiling of 0.40: 2.00 more.
    assert.equal(sum(up.lines.map(({ grid }) => grid?.movedMicros ?? 0n)), 2_000_000n);
    const down = cdrOf(
      inputOf(gridOf(both([15, 15, 15, 15]), { bands: [{ fromRatioPpm: 0n, movePpm: -500_000n }] })),
    );
    assert.equal(down.netMicros, 4_000_000n);
  });

  it('is nothing without a rule', () => {
    const cdr = cdrOf(inputOf(undefined));
    assert.equal(cdr.totalMicros, 6_600_000n);
    assert.ok(cdr.lines.every(({ kind }) => kind === 'ENERGY'));
  });

  it('conserves every total, under cap and limits, whatever was measured and agreed', () => {
    const gw = fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined });
    const series = fc.array(gw, { minLength: 4, maxLength: 4 });
    const ppm = fc.bigInt(0n, 1_000_000n);
    const move = fc.bigInt(-500_000n, 1_000_000n);
    const cap = fc.bigInt(6_600_000n, 12_000_000n);
    fc.assert(
      fc.property(
        series,
        series,
        ppm,
        ppm,
        move,
        cap,
        fc.bigInt(-300_000n, 0n),
        (a, b, up, down, top, capMicros, adjustmentPpm) => {
          const grid = gridOf([...feed('USDUK', a), ...feed('USALP', b)], {
            driver: { upPpm: up, downPpm: down },
            bands: [
              { fromRatioPpm: 0n, movePpm: -top / 2n },
              { fromRatioPpm: 700_000n, movePpm: top },
            ],
          });
          const input = inputOf(grid);
          const cdr = cdrOf({ ...input, quote: { ...input.quote, capMicros, adjustmentPpm } });
          assert.equal(sum(cdr.lines.map(({ amountMicros }) => amountMicros)), cdr.netMicros);
          assert.equal(sum(cdr.lines.map(({ taxMicros }) => taxMicros)), cdr.taxMicros);
          assert.equal(sum(Object.values(cdr.shares)), cdr.totalMicros);
          assert.ok(Object.values(cdr.shares).every((share) => share >= 0n));
          assert.ok(cdr.totalMicros <= capMicros);
          for (const { grid: inputs, amountMicros } of cdr.lines) {
            if (inputs === undefined) continue;
            if (inputs.outcome === 'frozen') assert.equal(amountMicros, 0n);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('demand of an interval', () => {
  // Readings at -2 h, -1 h, 0 h, +1 h of both sources; the outcomes of the two session hours.
  const cases: readonly (readonly [
    what: string,
    first: readonly (number | undefined)[],
    second: readonly (number | undefined)[],
    outcomes: readonly string[],
  ])[] = [
    ['two that agree', [15, 15, 15, 15], [15.1, 15.1, 15.1, 15.1], ['measured 15', 'measured 15']],
    ['a missing second source', [15, 15, 15, 16], [], ['measured 15', 'measured 16']],
    ['a missing first source', [], [15, 15, 15, 16], ['measured 15', 'measured 16']],
    [
      'a gap of both',
      [15, 14, undefined, undefined],
      [15, 14],
      ['last-good missing 14', 'last-good missing 14'],
    ],
    ['a gap that lasts too long', [15], [15], ['last-good missing 15', 'frozen missing']],
    ['two that contradict', [15, 15, 15, 15], [15, 15, 17, 15], ['frozen contradictory', 'measured 15']],
    ['an impossible value', [15, 15, 99, 15], [], ['last-good implausible 15', 'measured 15']],
    ['a leap', [15, 15, 22, 15], [], ['last-good implausible 15', 'measured 15']],
    ['a leap against a good one', [15, 15, 22, 15], [15, 15, 15, 15], ['measured 15', 'measured 15']],
    ['nothing at all', [], [], ['frozen missing', 'frozen missing']],
    ['lies from the start', [99, 0, 99, 0], [], ['frozen implausible', 'frozen implausible']],
  ];
  for (const [what, first, second, outcomes] of cases) {
    it(`with ${what}: ${outcomes.join(', ')}`, () => {
      const found = demandOfSession(
        RULE,
        [...feed('USDUK', first), ...feed('USALP', second)],
        START_MS,
        START_MS + 2 * HOUR_MS,
      );
      assert.deepEqual(
        found.map(({ outcome, fault, demandW }) =>
          [outcome, fault, demandW === undefined ? undefined : Number(demandW / 1_000_000n) / 1000]
            .filter((part) => part !== undefined)
            .join(' '),
        ),
        outcomes,
      );
    });
  }

  it('does not count what was recorded too late, in another grid, or told twice differently', () => {
    const inTime = feed('USDUK', [15, 15, 15, 15], START_MS + 2 * HOUR_MS - DEMAND_MARGIN_MS);
    const late = feed('USDUK', [15, 15, 15, 15], START_MS + 2 * HOUR_MS - DEMAND_MARGIN_MS + 1);
    const unknown = late.map(({ recordedAtMs: _, ...chunk }) => chunk);
    const quarterly = feed('USDUK', [15, 15, 15, 15]).map((chunk) => ({ ...chunk, intervalMs: 900_000 }));
    const twice = [...feed('USDUK', [15, 15, 15, 15]), ...feed('USDUK', [15, 15, 15.1, 15])];
    for (const [chunks, expected] of [
      [inTime, [undefined, undefined]],
      [late, ['missing', 'missing']],
      [unknown, ['missing', 'missing']],
      [quarterly, ['missing', 'missing']],
      [twice, ['contradictory', undefined]],
    ] as const) {
      const found = demandOfSession(RULE, [...chunks], START_MS, START_MS + 2 * HOUR_MS);
      assert.deepEqual(
        found.map(({ fault }) => fault),
        expected,
      );
    }
  });
});

describe('an adaptation rule', () => {
  const json = {
    ...RULE,
    capacityW: '20000000000',
    tolerancePpm: '20000',
    bands: [{ fromRatioPpm: '0', movePpm: '0' }],
    plausible: { minW: '1', maxW: '2', maxChangePpm: '1' },
    driver: { upPpm: '0', downPpm: '1000000' },
  };
  it('is refused when its bands, sources or parts make no sense', () => {
    assert.equal(adaptationRule.safeParse(json).success, true);
    const [source] = RULE.sources;
    for (const change of [
      { bands: [{ fromRatioPpm: '1', movePpm: '0' }] },
      { bands: [...json.bands, ...json.bands] },
      { bands: [{ fromRatioPpm: '0', movePpm: '-500001' }] },
      { sources: [source, source] },
      { sources: [] },
      { capacityW: '0' },
      { driver: { upPpm: '1000001', downPpm: '0' } },
      { plausible: { minW: '3', maxW: '2', maxChangePpm: '1' } },
    ]) {
      assert.equal(adaptationRule.safeParse({ ...json, ...change }).success, false, JSON.stringify(change));
    }
  });
});
