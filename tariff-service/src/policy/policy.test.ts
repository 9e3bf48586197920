import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createZone, parseDay } from '../time/zone.ts';
import { divideHalfUp, multiplierAt } from './curve.ts';
import { parsePolicy, policyInForce, type TariffPolicy } from './policy.ts';
import { priceDay, type PriceContext } from './price-day.ts';
import { slotsOfDay } from './slots.ts';
import { ocpiElements } from './to-ocpi.ts';

const JSON_POLICY = {
  policyId: 'duke-adaptive',
  version: 3,
  utility: 'USDUK',
  currency: 'USD',
  timeZone: 'America/New_York',
  validFromMs: 0,
  intervalMinutes: 15,
  baseMicrosPerKWh: '250000',
  floorMicrosPerKWh: '150000',
  ceilingMicrosPerKWh: '450000',
  tickMicrosPerKWh: '1000',
  maxStepMicrosPerKWh: '20000',
  noticeMinutes: 120,
  loadCurve: {
    kind: 'linear',
    points: [
      { ratioPpm: '400000', multiplierPpm: '700000' },
      { ratioPpm: '700000', multiplierPpm: '1000000' },
      { ratioPpm: '950000', multiplierPpm: '1800000' },
    ],
  },
  timeOfUse: [{ weekdays: [1, 2, 3, 4, 5], fromMinute: 960, untilMinute: 1260, multiplierPpm: '1200000' }],
  peak: { ratioPpm: '900000', surchargeMicrosPerKWh: '50000' },
  budgetNeutral: false,
  review: { reviewer: 'tariff board', reviewedAtMs: 0 },
};

function policyOf(changes: object = {}): TariffPolicy {
  const parsed = parsePolicy({ ...JSON_POLICY, ...changes });
  if (!parsed.ok) assert.fail(JSON.stringify(parsed.error));
  return parsed.value;
}

const capacityW = 20_000_000_000n;
const dayMs = Date.UTC(2024, 5, 5, 4);
const contextOf = (changes: Partial<PriceContext> = {}): PriceContext => ({
  weekday: 3,
  capacityW,
  previousMicrosPerKWh: 250_000n,
  publishedAtMs: dayMs - 86_400_000,
  standing: new Map(),
  ...changes,
});
const slotsOf = (loads: readonly bigint[]) =>
  loads.map((loadW, index) => ({ minute: index * 15, startMs: dayMs + index * 900_000, loadW }));

const loadsArb = fc.array(fc.bigInt(0n, 30_000_000_000n), { minLength: 96, maxLength: 96 });
const budgetArb = fc.boolean();
const previousArb = fc.option(
  fc.bigInt(150n, 450n).map((value) => value * 1000n),
  { nil: undefined },
);

describe('a tariff policy', () => {
  it('keeps every price inside floor and ceiling, on the tick and within one step of its neighbour', () => {
    fc.assert(
      fc.property(loadsArb, budgetArb, previousArb, (loads, budgetNeutral, previousMicrosPerKWh) => {
        const policy = policyOf({ budgetNeutral });
        let before = previousMicrosPerKWh;
        for (const { microsPerKWh } of priceDay(
          policy,
          slotsOf(loads),
          contextOf({ previousMicrosPerKWh }),
        )) {
          assert.ok(microsPerKWh >= policy.floorMicrosPerKWh && microsPerKWh <= policy.ceilingMicrosPerKWh);
          assert.equal(microsPerKWh % policy.tickMicrosPerKWh, 0n);
          if (before !== undefined) {
            const change = microsPerKWh - before;
            assert.ok(change <= policy.maxStepMicrosPerKWh && -change <= policy.maxStepMicrosPerKWh);
          }
          before = microsPerKWh;
        }
      }),
    );
  });

  it('never lowers any price when one load rises', () => {
    fc.assert(
      fc.property(
        loadsArb,
        fc.nat(95),
        fc.bigInt(1n, 20_000_000_000n),
        fc.constantFrom('bands', 'linear'),
        (loads, at, more, kind) => {
          const policy = policyOf({ loadCurve: { ...JSON_POLICY.loadCurve, kind } });
          const before = priceDay(policy, slotsOf(loads), contextOf());
          const after = priceDay(
            policy,
            slotsOf(loads.map((load, index) => (index === at ? load + more : load))),
            contextOf(),
          );
          after.forEach((slot, index) => {
            assert.ok(slot.microsPerKWh >= (before[index]?.microsPerKWh ?? 0n));
          });
        },
      ),
    );
  });

  it('gives the same prices for the same inputs', () => {
    fc.assert(
      fc.property(loadsArb, budgetArb, (loads, budgetNeutral) => {
        const policy = policyOf({ budgetNeutral });
        assert.deepEqual(
          priceDay(policy, slotsOf(loads), contextOf()),
          priceDay(policy, slotsOf(loads), contextOf()),
        );
      }),
    );
  });

  it('prices a flat load at the curve alone, and names what limited each price', () => {
    const flat = priceDay(
      policyOf({ timeOfUse: [] }),
      slotsOf(Array.from({ length: 96 }, () => 14_000_000_000n)),
      contextOf(),
    );
    assert.deepEqual(new Set(flat.map((slot) => slot.microsPerKWh)), new Set([250_000n]));
    const hot = priceDay(policyOf(), slotsOf(Array.from({ length: 96 }, () => 19_000_000_000n)), contextOf());
    assert.equal(hot[0]?.limitedBy, 'step');
    assert.equal(hot[0].microsPerKWh, 270_000n);
    assert.equal(hot[90]?.limitedBy, 'ceiling');
    assert.equal(hot[90].microsPerKWh, 450_000n);
  });

  it('brings the load-weighted mean price to the base price when it is budget neutral and the limits allow', () => {
    const loads = Array.from({ length: 96 }, (_, index) =>
      BigInt(Math.round(1e9 * (14 + 4 * Math.sin((index - 30) / 15)))),
    );
    const mean = (prices: readonly { microsPerKWh: bigint }[]): number =>
      prices.reduce((sum, price, index) => sum + Number(price.microsPerKWh) * Number(loads[index]), 0) /
      loads.reduce((sum, load) => sum + Number(load), 0);
    const free = mean(priceDay(policyOf(), slotsOf(loads), contextOf()));
    const neutral = mean(priceDay(policyOf({ budgetNeutral: true }), slotsOf(loads), contextOf()));
    assert.ok(Math.abs(free - 250_000) > 5_000, `the case must need a shift, got ${free}`);
    assert.ok(Math.abs(neutral - 250_000) <= 1_000, `within a tick of the base, got ${neutral}`);
  });

  it('keeps published prices inside the notice time and starts the steps from them', () => {
    const standing = new Map(Array.from({ length: 96 }, (_, index) => [index * 15, 300_000n]));
    const priced = priceDay(
      policyOf(),
      slotsOf(Array.from({ length: 96 }, () => 4_000_000_000n)),
      contextOf({ publishedAtMs: dayMs, standing }),
    );
    assert.ok(
      priced.slice(0, 8).every((slot) => slot.microsPerKWh === 300_000n && slot.limitedBy === 'frozen'),
    );
    assert.equal(priced[8]?.microsPerKWh, 280_000n);
  });

  it('refuses limits that cross, falling curves and a step below the tick', () => {
    const bad = [
      { floorMicrosPerKWh: '500000' },
      { maxStepMicrosPerKWh: '10' },
      { loadCurve: { kind: 'bands', points: [...JSON_POLICY.loadCurve.points].reverse() } },
      { baseMicrosPerKWh: 250000 },
      { ceilingMicrosPerKWh: '450001' },
    ];
    for (const change of bad)
      assert.equal(parsePolicy({ ...JSON_POLICY, ...change }).ok, false, JSON.stringify(change));
  });

  it('takes the newest reviewed version that is valid', () => {
    const versions = [
      policyOf({ version: 1 }),
      policyOf({ version: 2, validFromMs: 1000, review: { reviewer: 'board', reviewedAtMs: 900 } }),
      policyOf({ version: 3, validFromMs: 1000, review: undefined }),
    ];
    assert.equal(policyInForce(versions, 999)?.version, 1);
    assert.equal(policyInForce(versions, 1000)?.version, 2);
    assert.equal(policyInForce([], 0), undefined);
  });
});

describe('the parts of a price', () => {
  it('rounds halves up on both sides of zero', () => {
    const cases = [
      [5n, 2n, 3n],
      [-5n, 2n, -2n],
      [-6n, 4n, -1n],
      [-7n, 4n, -2n],
      [7n, 4n, 2n],
      [0n, 3n, 0n],
    ] as const;
    for (const [dividend, divisor, expected] of cases)
      assert.equal(divideHalfUp(dividend, divisor), expected);
  });

  it('reads bands from below and lines between points', () => {
    const { points } = policyOf().loadCurve;
    const linear = [
      [0n, 700_000n],
      [550_000n, 850_000n],
      [700_000n, 1_000_000n],
      [2_000_000n, 1_800_000n],
    ] as const;
    for (const [ratio, multiplier] of linear)
      assert.equal(multiplierAt({ kind: 'linear', points }, ratio), multiplier);
    assert.equal(multiplierAt({ kind: 'bands', points }, 949_999n), 1_000_000n);
    assert.equal(multiplierAt({ kind: 'bands', points }, 950_000n), 1_800_000n);
  });

  it('gives a repeated autumn hour one price from its higher load, and fills a skipped spring hour', () => {
    const zone = createZone('America/New_York');
    const hours = (fromUtc: string, count: number) =>
      Array.from({ length: count }, (_, index) => ({
        startMs: Date.parse(fromUtc) + index * 3_600_000,
        minutes: 60,
        loadW: BigInt(1000 + index),
      }));
    const autumn = slotsOfDay(zone, parseDay('2024-11-03') ?? 0, 60, hours('2024-11-03T04:00:00Z', 25));
    assert.equal(autumn?.length, 24);
    assert.equal(autumn[1]?.loadW, 1002n);
    const spring = slotsOfDay(zone, parseDay('2024-03-10') ?? 0, 60, hours('2024-03-10T05:00:00Z', 23));
    assert.deepEqual(
      spring?.slice(1, 4).map((slot) => slot.loadW),
      [1001n, 1001n, 1002n],
    );
    assert.equal(
      slotsOfDay(zone, parseDay('2024-03-10') ?? 0, 60, hours('2024-03-10T05:00:00Z', 20)),
      undefined,
    );
  });

  it('merges equal neighbours into one OCPI element and covers every minute of the day once', () => {
    fc.assert(
      fc.property(loadsArb, (loads) => {
        const slots = priceDay(policyOf(), slotsOf(loads), contextOf());
        const elements = ocpiElements([{ day: 19_879, slots }], 15, 7.25);
        const minutes = new Map<number, number>();
        let last: number | undefined;
        for (const {
          price_components: [component],
          restrictions,
        } of elements) {
          assert.notEqual(component?.price, last);
          last = component?.price;
          const [from, until] = [restrictions?.start_time ?? '00:00', restrictions?.end_time ?? '00:00'].map(
            (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)),
          );
          for (let minute = from ?? 0; minute < (until === 0 ? 1440 : (until ?? 0)); minute += 15) {
            assert.equal(minutes.has(minute), false);
            minutes.set(minute, Math.round((component?.price ?? 0) * 1e6));
          }
        }
        assert.deepEqual(
          slots.map((slot) => minutes.get(slot.minute)),
          slots.map((slot) => Number(slot.microsPerKWh)),
        );
      }),
      { numRuns: 30 },
    );
  });
});
