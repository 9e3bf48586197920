import assert from 'node:assert/strict';
import fc from 'fast-check';
import { allocate, checkAllocation, type Claim, type PowerState, type Source } from './index.ts';
import { anyState } from './testing/arbitrary.ts';
import { claim, decide, grid, NOW, rail, stateOf } from './testing/build.ts';

/** `ROAMGRID_POWER_LAWS=100000` for a long run, `ROAMGRID_LAWS_SEED` for another path. */
const RUNS = Number(process.env['ROAMGRID_POWER_LAWS'] ?? 500);
const SEED = Number(process.env['ROAMGRID_LAWS_SEED'] ?? 1);
const options = { numRuns: RUNS, seed: SEED };

const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n);

/** A shuffle that does not depend on chance. */
const turned = <T>(list: readonly T[], by: number): readonly T[] =>
  [...list.slice(by % (list.length || 1)), ...list.slice(0, by % (list.length || 1))].reverse();

describe('the laws of allocation', function () {
  this.timeout(0);

  it('adds up, keeps every limit on every phase, and takes from no source more than it has', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const allocation = allocate(state, NOW);
        assert.deepEqual(checkAllocation(state, allocation), []);
        const { grants, sourceShares } = allocation;
        const out = sum(sourceShares.map(({ deliveredW, lossW }) => deliveredW + lossW));
        const losses = sum(sourceShares.map(({ lossW }) => lossW));
        assert.equal(sum(grants.map(({ grantedW }) => grantedW)) + losses, out);
      }),
      options,
    );
  });

  it('does not depend on the order of claims and sources, and answers the same again', () => {
    fc.assert(
      fc.property(anyState, fc.nat(), (state, by) => {
        const first = allocate(state, NOW);
        const claims = turned(state.claims, by);
        const sources = turned(state.sources, by);
        assert.deepEqual(allocate({ ...state, claims, sources }, NOW), first);
        assert.deepEqual(allocate(state, NOW), first);
      }),
      options,
    );
  });

  it('names every claim once: with a grant, or with the reason why there is none', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const { grants, holds, reasons, discharges } = allocate(state, NOW);
        const granted = new Set(grants.map(({ claimId }) => claimId));
        assert.equal(granted.size, grants.length);
        const told = new Set([
          ...reasons.map(({ of }) => of),
          ...holds.map(({ claimId }) => claimId),
          ...discharges.map(({ claimId }) => claimId),
        ]);
        for (const { claimId, kind } of state.claims)
          if (kind !== 'discharge') assert.ok(told.has(claimId), claimId);
      }),
      options,
    );
  });

  it('gives values that a claim can take: whole steps, at least the minimum, or nothing', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        for (const { claimId, grantedW } of allocate(state, NOW).grants) {
          const one = state.claims.find((candidate) => candidate.claimId === claimId);
          if (one === undefined || grantedW === 0n || one.kind === 'compute') continue;
          assert.ok(grantedW >= one.minW, `${claimId} ${grantedW}`);
          const wide = BigInt(one.lanes?.length ?? 1);
          if (one.step?.unit === 'A') assert.equal(grantedW % (230n * wide), 0n);
          if (one.step?.unit === 'A-set')
            assert.ok(one.step.amps.some((amps) => amps * 230n * wide === grantedW));
        }
      }),
      options,
    );
  });

  it('leaves out and adds nothing of a claim that cannot be read', () => {
    const broken: Partial<Claim>[] = [
      { nodeId: 'nowhere' },
      { maxW: -1n },
      { minW: -1n },
      { weight: 0n },
      { lanes: [] },
      { lanes: [1] },
      { step: { unit: 'A', everyA: 0n } },
    ];
    for (const more of broken) {
      const claims = [claim('a', 100n, more), claim('b', 100n)];
      const { grants, reasons } = decide(stateOf({ tree: rail(), sources: [grid(1_000n)], claims }));
      assert.deepEqual(
        grants.map(({ claimId, grantedW }) => [claimId, grantedW]),
        [['b', 100n]],
      );
      assert.ok(
        reasons.some(({ of, code }) => of === 'a' && code === 'CLAIM_INVALID'),
        JSON.stringify(Object.keys(more)),
      );
    }
    const twice = [claim('a', 100n), claim('a', 200n)];
    assert.deepEqual(decide(stateOf({ tree: rail(), sources: [grid(1_000n)], claims: twice })).grants, []);
  });
});

describe('monotone where it has to be', function () {
  this.timeout(0);
  const battery = (kind: 'ess' | 'ev', storedWh: bigint): Source => ({
    sourceId: kind,
    kind,
    nodeId: 'site',
    availableW: 5_000n,
    store: { storedWh, capacityWh: 10_000n, floorWh: 1_000n },
  });
  const shares = (state: PowerState): Readonly<Record<string, bigint>> =>
    Object.fromEntries(
      allocate(state, NOW).sourceShares.map(({ sourceId, deliveredW }) => [sourceId, deliveredW]),
    );

  it('never gives one claim less when there is more power and nothing else changes', () => {
    const few = fc.array(fc.bigInt({ min: 0n, max: 9_000n }), { minLength: 1, maxLength: 1 });
    fc.assert(
      fc.property(
        few,
        fc.bigInt({ min: 0n, max: 9_000n }),
        fc.bigInt({ min: 0n, max: 500n }),
        (wanted, availableW, moreW) => {
          const claims = wanted.map((mostW, at) => claim(`c${at}`, mostW));
          const of = (givenW: bigint) =>
            sum(
              allocate(stateOf({ tree: rail(), sources: [grid(givenW)], claims }), NOW).grants.map(
                ({ grantedW }) => grantedW,
              ),
            );
          assert.ok(of(availableW + moreW) >= of(availableW));
        },
      ),
      options,
    );
  });

  it('never lowers the batteries’ part when the load rises, nor raises a battery’s when it holds less', () => {
    const order = fc.constantFrom<PowerState['policy']['sources']>(
      ['batteries-by-charge', 'grid'],
      ['grid', 'batteries-by-charge'],
      ['ev', 'grid', 'ess'],
    );
    const level = fc.bigInt({ min: 0n, max: 10_000n });
    fc.assert(
      fc.property(
        order,
        level,
        level,
        level,
        level,
        fc.bigInt({ min: 0n, max: 3_000n }),
        (sources, ess, ev, loadW, gridW, more) => {
          const at = (load: bigint, ofEv: bigint) =>
            shares(
              stateOf({
                tree: rail(),
                sources: [grid(gridW), battery('ess', ess), battery('ev', ofEv)],
                claims: [
                  claim('house', load, { kind: 'circuit' }),
                  claim('v2h', 5_000n, { kind: 'discharge', sourceId: 'ev' }),
                ],
                policy: { ...stateOf({ tree: rail() }).policy, sources },
              }),
            );
          const before = at(loadW, ev);
          const loaded = at(loadW + more, ev);
          const drained = at(loadW, ev > more ? ev - more : 0n);
          const both = (of: Readonly<Record<string, bigint>>) => (of['ess'] ?? 0n) + (of['ev'] ?? 0n);
          assert.ok(both(loaded) >= both(before));
          assert.ok((drained['ev'] ?? 0n) <= (before['ev'] ?? 0n));
        },
      ),
      options,
    );
  });
});
