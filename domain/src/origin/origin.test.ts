import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { HashFunction } from '../merkle/index.ts';
import { matchOrigin, type Demand, type Match, type Supply } from './match.ts';
import { energyByQuarter, QUARTER_MS, quarterOf } from './quarters.ts';
import { isInSum, sumLeaf, sumTree } from './sum-tree.ts';

const sha256: HashFunction = (data) => new Uint8Array(createHash('sha256').update(data).digest());
const sumOf = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n);

describe('energy by quarter-hour', () => {
  const NOON = Date.UTC(2026, 6, 1, 12);
  const at = (minute: number, wh: number) => ({
    atMs: NOON + minute * 60_000,
    registerMilliWh: BigInt(wh * 1000),
  });

  it('flows evenly between readings, and each quarter gets what flowed in it', () => {
    assert.deepEqual(energyByQuarter([at(5, 0), at(35, 6_000)], 6_000n), [
      { quarterMs: NOON, energyWh: 2_000n },
      { quarterMs: NOON + QUARTER_MS, energyWh: 3_000n },
      { quarterMs: NOON + 2 * QUARTER_MS, energyWh: 1_000n },
    ]);
  });

  it('follows readings in between, and leaves quarters out in which nothing flowed', () => {
    assert.deepEqual(energyByQuarter([at(0, 0), at(10, 5_000), at(40, 5_000), at(45, 6_000)], 6_000n), [
      { quarterMs: NOON, energyWh: 5_000n },
      { quarterMs: NOON + 2 * QUARTER_MS, energyWh: 1_000n },
    ]);
  });

  it('of a session that ends with a quarter has nothing in the next', () => {
    assert.deepEqual(energyByQuarter([at(0, 0), at(15, 1_000)], 1_000n), [
      { quarterMs: NOON, energyWh: 1_000n },
    ]);
    assert.deepEqual(energyByQuarter([at(3, 7)], 2n), [{ quarterMs: NOON, energyWh: 2n }]);
    assert.deepEqual(energyByQuarter([], 2n), []);
  });

  it('adds up to what is billed, each quarter once, in order, within the time of the readings', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 4_000_000 }), fc.nat({ max: 9_000_000 })), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(
        fc.nat({ max: QUARTER_MS }),
        steps,
        fc.bigInt({ min: 0n, max: 10n ** 9n }),
        (start, list, wh) => {
          let point = { atMs: NOON + start, registerMilliWh: 17n };
          const readings = [point];
          for (const [ms, milliWh] of list) {
            point = { atMs: point.atMs + ms, registerMilliWh: point.registerMilliWh + BigInt(milliWh) };
            readings.push(point);
          }
          const parts = energyByQuarter(readings, wh);
          assert.equal(sumOf(parts.map(({ energyWh }) => energyWh)), wh);
          const quarters = parts.map(({ quarterMs }) => quarterMs);
          assert.deepEqual(
            quarters,
            [...new Set(quarters)].sort((a, b) => a - b),
          );
          assert.ok(parts.every(({ energyWh }) => energyWh > 0n));
          assert.ok(
            quarters.every(
              (ms) => ms >= quarterOf(NOON + start) && ms <= point.atMs && ms % QUARTER_MS === 0,
            ),
          );
        },
      ),
    );
  });
});

const wh = fc.bigInt({ min: 0n, max: 50_000n });
const quarterMs = fc.nat({ max: 3 }).map((quarter) => quarter * QUARTER_MS);
const supplies = fc.uniqueArray(fc.record({ certificateId: fc.stringMatching(/^c\d$/), quarterMs, wh }), {
  maxLength: 8,
  selector: ({ certificateId, quarterMs }) => `${certificateId} ${quarterMs}`,
});
const demands = fc.uniqueArray(fc.record({ sessionId: fc.stringMatching(/^s\d$/), quarterMs, wh }), {
  maxLength: 8,
  selector: ({ sessionId, quarterMs }) => `${sessionId} ${quarterMs}`,
});

describe('matching certificates to sessions', () => {
  it('sells no Wh twice, in 1,000 random runs: neither of a certificate nor to a session, and only of its quarter', () => {
    fc.assert(
      fc.property(supplies, demands, (offered: readonly Supply[], wanted: readonly Demand[]) => {
        const matches = matchOrigin(offered, wanted);
        const matchedOf = (where: (match: Match) => boolean) =>
          sumOf(matches.filter(where).map((match) => match.wh));
        for (const each of offered)
          assert.ok(
            matchedOf((m) => m.certificateId === each.certificateId && m.quarterMs === each.quarterMs) <=
              each.wh,
          );
        for (const each of wanted)
          assert.ok(
            matchedOf((m) => m.sessionId === each.sessionId && m.quarterMs === each.quarterMs) <= each.wh,
          );
        for (const quarter of [0, 1, 2, 3].map((index) => index * QUARTER_MS)) {
          const inIt = ({ quarterMs }: { readonly quarterMs: number }) => quarterMs === quarter;
          const there = sumOf(offered.filter(inIt).map((each) => each.wh));
          const asked = sumOf(wanted.filter(inIt).map((each) => each.wh));
          assert.equal(matchedOf(inIt), there < asked ? there : asked);
        }
        assert.ok(matches.every((match) => match.wh > 0n));
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives every session the same part where there is too little', () => {
    const offered = [
      { certificateId: 'sun', quarterMs: 0, wh: 30n },
      { certificateId: 'wind', quarterMs: 0, wh: 21n },
    ];
    const wanted = [
      { sessionId: 'a', quarterMs: 0, wh: 100n },
      { sessionId: 'b', quarterMs: 0, wh: 2n },
    ];
    assert.deepEqual(matchOrigin(offered, wanted), [
      { certificateId: 'sun', sessionId: 'a', quarterMs: 0, wh: 30n },
      { certificateId: 'wind', sessionId: 'a', quarterMs: 0, wh: 20n },
      { certificateId: 'wind', sessionId: 'b', quarterMs: 0, wh: 1n },
    ]);
  });
});

describe('the tree of sums', () => {
  const leavesOf = (amounts: readonly bigint[]) =>
    amounts.map((amount, index) => sumLeaf(sha256, sha256(Uint8Array.of(index)), amount));
  const amounts = fc.array(wh, { minLength: 1, maxLength: 20 });

  it('proves each leaf under a root that has the sum of all', () => {
    fc.assert(
      fc.property(amounts, (list) => {
        const leaves = leavesOf(list);
        const tree = sumTree(sha256, leaves);
        assert.equal(tree.root.wh, sumOf(list));
        leaves.forEach((leaf, index) => {
          assert.ok(isInSum(sha256, leaf, tree.stepsFrom(index), tree.root));
        });
      }),
      { numRuns: 60 },
    );
  });

  it('refuses another amount, another sum at the root, another neighbour and sums that would wrap', () => {
    const leaves = leavesOf([5n, 7n, 11n]);
    const tree = sumTree(sha256, leaves);
    const [leaf] = leaves;
    assert.ok(leaf);
    const steps = tree.stepsFrom(0);
    const changed = (change: object) =>
      steps.map((step, index) => (index === 0 ? { ...step, ...change } : step));
    assert.ok(!isInSum(sha256, { ...leaf, wh: 6n }, steps, tree.root));
    assert.ok(!isInSum(sha256, leaf, steps, { ...tree.root, wh: 24n }));
    for (const change of [{ wh: 6n }, { wh: -1n }, { wh: 1n << 62n }, { side: 'left' as const }])
      assert.ok(!isInSum(sha256, leaf, changed(change), tree.root));
    assert.ok(!isInSum(sha256, leaf, steps.slice(1), tree.root));
    assert.ok(
      !isInSum(
        sha256,
        leaf,
        [...steps, ...Array.from({ length: 40 }, () => steps[0] ?? assert.fail())],
        tree.root,
      ),
    );
    assert.throws(() => sumLeaf(sha256, leaf.hash, -1n), RangeError);
    assert.throws(() => tree.stepsFrom(3), RangeError);
    assert.throws(() => sumTree(sha256, []), RangeError);
  });
});
