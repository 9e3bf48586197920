import assert from 'node:assert/strict';
import { unwrap } from '../result/index.ts';
import { growTree, type PowerNode, type Source } from './index.ts';
import { claim, decide, grantsOf, grid, rail, stateOf } from './testing/build.ts';

describe('the car that feeds the servers', () => {
  const battery: Source = {
    sourceId: 'car-battery',
    kind: 'ev',
    nodeId: 's1',
    availableW: 11_000n,
    store: { storedWh: 40_000n, capacityWh: 60_000n, floorWh: 30_000n },
  };
  // The tighter of what its user (10 kW) and the operator (8 kW) allow.
  const allowed = claim('v2l', 8_000n, { kind: 'discharge', sourceId: 'car-battery' });
  const load = claim('servers', 20_000n, { kind: 'compute', nodeId: 's2' });
  const tree = rail({}, ['s1', 's2']);
  const outage = { outage: true };

  it('gives up to the limit of user and operator when the grid is away, and stops at the user’s floor', () => {
    const at = (storedWh: bigint) => {
      const store = { storedWh, capacityWh: 60_000n, floorWh: 30_000n };
      const sources = [grid(100_000n), { ...battery, store }];
      return decide(stateOf({ tree, sources, claims: [allowed, load], signals: outage }));
    };
    const feeding = at(40_000n);
    assert.deepEqual(grantsOf(feeding), { servers: 8_000n });
    assert.deepEqual(feeding.discharges, [
      { claimId: 'v2l', nodeId: 's1', grantedW: 8_000n, laneW: [8_000n] },
    ]);
    // 100 Wh above the floor last five minutes at 1,200 W.
    assert.deepEqual(grantsOf(at(30_100n)), { servers: 1_200n });
    const empty = at(30_000n);
    assert.deepEqual(grantsOf(empty), { servers: 0n });
    assert.ok(empty.reasons.some(({ of, code }) => of === 'car-battery' && code === 'AT_FLOOR'));
  });

  it('gives nothing without its owner’s word, and nothing once it is charged itself', () => {
    const without = decide(stateOf({ tree, sources: [battery], claims: [load] }));
    assert.ok(without.reasons.some(({ of, code }) => of === 'car-battery' && code === 'NO_CONSENT'));
    const charging = claim('charge', 11_000n, { sourceId: 'car-battery', needWh: 5_000n });
    const sources = [grid(20_000n), battery];
    const stopped = decide(stateOf({ tree, sources, claims: [allowed, charging, load] }));
    assert.deepEqual(grantsOf(stopped), { charge: 11_000n, servers: 9_000n });
    assert.ok(stopped.reasons.some(({ of, code }) => of === 'car-battery' && code === 'CHARGING'));
    assert.deepEqual(stopped.discharges, []);
  });
});

describe('a station behind the main fuse of a house', () => {
  const nodes: readonly PowerNode[] = [
    { nodeId: 'main', kind: 'connection', hard: { totalW: 10_000n } },
    { nodeId: 'house', kind: 'circuit', parentId: 'main' },
    { nodeId: 'wallbox', kind: 'outlet', parentId: 'main', hard: { totalW: 11_000n } },
  ];
  const tree = unwrap(growTree(nodes, { volts: 230n, lanes: 1 }));
  const at = (applianceW: bigint) =>
    decide(
      stateOf({
        tree,
        sources: [grid(50_000n, 'main')],
        claims: [
          claim('car', 11_000n, { nodeId: 'wallbox' }),
          claim('appliances', applianceW, {
            kind: 'circuit',
            nodeId: 'house',
            preemptible: false,
            runningW: applianceW,
          }),
        ],
      }),
    );

  it('follows the appliances: 7 kW beside 3, 3 kW when the oven takes 4 more', () => {
    assert.deepEqual(grantsOf(at(3_000n)), { appliances: 3_000n, car: 7_000n });
    assert.deepEqual(grantsOf(at(7_000n)), { appliances: 7_000n, car: 3_000n });
    const limited = at(3_000n).reasons.find(({ of }) => of === 'car');
    assert.deepEqual(limited, { of: 'car', code: 'LIMITED_BY_NODE', nodeId: 'main', lane: 0 });
  });

  it('states what it cannot carry instead of giving no answer', () => {
    const { shortfall } = at(12_000n);
    assert.deepEqual(
      shortfall.map(({ claimId, missingW }) => [claimId, missingW]),
      [
        ['appliances', 2_000n],
        ['car', 11_000n],
      ],
    );
  });

  it('keeps the fuse in every minute of a day', () => {
    for (let minute = 0; minute < 1_440; minute += 1) {
      const applianceW = BigInt((minute * 7_919) % 9_500);
      const allocation = at(applianceW);
      assert.equal(grantsOf(allocation)['car'], 10_000n - applianceW);
    }
  });
});
