import assert from 'node:assert/strict';
import { unwrap } from '../result/index.ts';
import { growTree, PLAIN_POLICY, type Claim, type Source } from './index.ts';
import { claim, decide, grantsOf, grid, NOW, rail, sharesOf, stateOf } from './testing/build.ts';

const house = unwrap(
  growTree(
    [{ nodeId: 'site', kind: 'connection', hard: { totalW: 10_000n }, exportUpTo: { totalW: 4_000n } }],
    {
      volts: 230n,
      lanes: 1,
    },
  ),
);

const battery = (storedWh: bigint, more: Partial<Source> = {}): Source => ({
  sourceId: 'ess',
  kind: 'ess',
  nodeId: 'site',
  availableW: 5_000n,
  store: { storedWh, capacityWh: 10_000n, floorWh: 3_000n },
  ...more,
});

const load = (loadW: bigint): Claim =>
  claim('load', loadW, { kind: 'circuit', nodeId: 'site', preemptible: false, runningW: loadW });
const sent = (claimId: string, more: Partial<Claim> = {}): Claim =>
  claim(claimId, 20_000n, { kind: 'export', nodeId: 'site', ...more });

describe('export to the grid', () => {
  const at = (storedWh: bigint, loadW: bigint, ...claims: readonly Claim[]) =>
    decide(
      stateOf({ tree: house, sources: [grid(10_000n), battery(storedWh)], claims: [load(loadW), ...claims] }),
    );

  it('sends what a battery has beyond the load, up to the connection’s limit, and none of the grid’s own', () => {
    const sending = at(9_000n, 400n, sent('export'));
    assert.deepEqual(grantsOf(sending), { load: 400n, export: 4_000n });
    assert.deepEqual(sharesOf(sending), { ess: 4_400n, grid: 0n });
    assert.deepEqual(grantsOf(at(9_000n, 4_600n, sent('export'))), { load: 4_600n, export: 400n });
  });

  it('sends nothing while the grid has to help, and nothing from below the floor', () => {
    const helped = at(9_000n, 5_001n, sent('export'));
    assert.deepEqual(grantsOf(helped), { load: 5_001n, export: 0n });
    assert.deepEqual(sharesOf(helped), { ess: 0n, grid: 5_001n });
    assert.deepEqual(grantsOf(at(3_000n, 0n, sent('export'))), { load: 0n, export: 0n });
  });

  it('keeps the limit for all exports together, whatever sources they may be of', () => {
    const two = at(9_000n, 0n, sent('a'), sent('b', { fromKinds: ['ess'] }));
    assert.equal(
      two.grants.reduce((sum, { grantedW }) => sum + grantedW, 0n),
      4_000n,
    );
  });
});

describe('a battery that the sun alone fills', () => {
  const sun: Source = { sourceId: 'sun', kind: 'renewable', nodeId: 'site', availableW: 3_000n };
  const fill = claim('fill', 5_000n, { sourceId: 'ess', fromKinds: ['renewable'], nodeId: 's1' });

  it('takes what loads leave of the sun, and nothing of the grid', () => {
    const at = (loadW: bigint) =>
      decide(stateOf({ tree: rail(), sources: [grid(10_000n), sun], claims: [load(loadW), fill] }));
    assert.deepEqual(grantsOf(at(1_000n)), { load: 1_000n, fill: 2_000n });
    assert.deepEqual(sharesOf(at(1_000n)), { grid: 0n, sun: 3_000n });
    assert.deepEqual(grantsOf(at(4_000n)), { load: 4_000n, fill: 0n });
    assert.deepEqual(sharesOf(at(4_000n)), { grid: 1_000n, sun: 3_000n });
  });
});

describe('an outage', () => {
  const signals = { outage: true };
  const breaker = (claimId: string, loadW: bigint, more: Partial<Claim>): Claim =>
    claim(claimId, loadW, { kind: 'circuit', minW: loadW, nodeId: 's1', runningW: loadW, ...more });
  const circuits = [
    breaker('compressor', 1_500n, { priority: 1, essential: true }),
    breaker('lights', 300n, { priority: 2 }),
  ];
  const at = (storedWh: bigint) => {
    const store = { storedWh, capacityWh: 10_000n, floorWh: 3_000n, essentialFloorWh: 500n };
    return decide(
      stateOf({
        tree: rail(),
        sources: [grid(9_000n), battery(storedWh, { store })],
        claims: circuits,
        signals,
      }),
    );
  };

  it('opens what is not essential when the battery reaches its floor, and feeds the rest on', () => {
    assert.deepEqual(grantsOf(at(3_200n)), { compressor: 1_500n, lights: 300n });
    const low = at(2_900n);
    assert.deepEqual(grantsOf(low), { compressor: 1_500n, lights: 0n });
    assert.deepEqual(low.actions, [{ do: 'open', claimId: 'lights' }]);
    assert.deepEqual(grantsOf(at(500n)), { compressor: 0n, lights: 0n });
  });
});

describe('which source comes first', () => {
  const ev = battery(6_200n, { sourceId: 'ev', kind: 'ev' });
  const consent = claim('v2h', 5_000n, { kind: 'discharge', sourceId: 'ev' });
  const feeds = (sources: readonly Source[], first: 'grid' | 'batteries-by-charge') => {
    const policy = { ...PLAIN_POLICY, sources: [first, 'grid'] as const };
    const state = stateOf({
      tree: rail(),
      sources: [grid(9_000n), ...sources],
      claims: [load(1_000n), consent],
      policy,
    });
    const shares = sharesOf(decide(state, NOW));
    return Object.keys(shares).filter((sourceId) => shares[sourceId] !== 0n);
  };

  it('is the fuller battery, the storage at a tie, and the grid when a reading is too old', () => {
    assert.deepEqual(feeds([ev, battery(5_500n)], 'batteries-by-charge'), ['ev']);
    assert.deepEqual(feeds([ev, battery(7_000n)], 'batteries-by-charge'), ['ess']);
    assert.deepEqual(feeds([ev, battery(6_200n)], 'batteries-by-charge'), ['ess']);
    const old = { measuredAtMs: NOW - 360_000, staleAfterMs: 300_000 };
    assert.deepEqual(feeds([{ ...ev, ...old }], 'batteries-by-charge'), ['grid']);
    assert.deepEqual(feeds([{ ...ev, ...old, measuredAtMs: NOW - 300_000 }], 'batteries-by-charge'), ['ev']);
    assert.deepEqual(feeds([ev, battery(7_000n)], 'grid'), ['grid']);
  });
});
