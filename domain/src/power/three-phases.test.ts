import assert from 'node:assert/strict';
import { unwrap } from '../result/index.ts';
import { growTree, wattsOfAmps, type Claim, type Source } from './index.ts';
import { claim, decide, grantsOf, grid, NOW, sharesOf, stateOf } from './testing/build.ts';

const AMPERES = { unit: 'A', everyA: 1n } as const;
const SIX = wattsOfAmps(6n, 230n, 1);

const tree = unwrap(
  growTree(
    [
      { nodeId: 'site', kind: 'connection', hard: { phaseA: [63n, 63n, 63n] } },
      { nodeId: 'row', kind: 'feeder', parentId: 'site', hard: { phaseA: [40n, 40n, 40n] } },
      ...['o1', 'o2', 'o3', 'o4'].map((nodeId) => ({
        nodeId,
        kind: 'outlet' as const,
        parentId: 'row',
        hard: { phaseA: [32n, 32n, 32n] },
      })),
    ],
    { volts: 230n, lanes: 3 },
  ),
);

const car = (nodeId: string, lanes: readonly number[], more: Partial<Claim> = {}): Claim =>
  claim(nodeId, wattsOfAmps(32n, 230n, lanes.length), {
    nodeId,
    lanes,
    step: AMPERES,
    minW: SIX * BigInt(lanes.length),
    ...more,
  });

const at = (claims: readonly Claim[], more: readonly Source[] = []) =>
  decide(stateOf({ tree, sources: [grid(100_000n), ...more], claims }));

const amps = (allocation: ReturnType<typeof at>): Readonly<Record<string, readonly bigint[]>> =>
  Object.fromEntries(
    allocation.grants.map(({ claimId, laneW }) => [claimId, laneW.map((valueW) => valueW / 230n)]),
  );

describe('three phases', () => {
  it('keeps the fuse of each phase for itself', () => {
    assert.deepEqual(amps(at([car('o1', [0]), car('o2', [0]), car('o3', [1])])), {
      o1: [32n, 0n, 0n],
      o2: [8n, 0n, 0n],
      o3: [0n, 32n, 0n],
    });
  });

  it('gives a car on three phases what the fullest phase leaves, and names it', () => {
    const allocation = at([car('o1', [1], { priority: 1 }), car('o2', [0, 1, 2])]);
    assert.deepEqual(amps(allocation), { o1: [0n, 32n, 0n], o2: [8n, 8n, 8n] });
    const reason = allocation.reasons.find(({ of }) => of === 'o2');
    assert.deepEqual(reason, { of: 'o2', code: 'LIMITED_BY_NODE', nodeId: 'row', lane: 1 });
  });

  it('gives nobody less than 6 A: who is last gets nothing, and that is told', () => {
    const allocation = at(
      ['o1', 'o2', 'o3'].map((nodeId, index) => car(nodeId, [0], { arrivedMs: NOW + index })),
    );
    assert.deepEqual(amps(allocation), { o1: [32n, 0n, 0n], o2: [8n, 0n, 0n], o3: [0n, 0n, 0n] });
    assert.deepEqual(
      allocation.shortfall.map(({ claimId }) => claimId),
      ['o2', 'o3'],
    );
  });

  it('gives currents of a set only', () => {
    const caps = { unit: 'A-set', amps: [15n, 30n] } as const;
    const set = (nodeId: string): Claim => car(nodeId, [0], { step: caps, minW: 15n * 230n });
    assert.deepEqual(amps(at([set('o1'), set('o2')])), { o1: [30n, 0n, 0n], o2: [0n, 0n, 0n] });
    assert.deepEqual(amps(at([{ ...set('o1'), maxW: 29n * 230n }, set('o2')])), {
      o1: [15n, 0n, 0n],
      o2: [15n, 0n, 0n],
    });
  });

  it('lets what the sun brings behind a fuse pass that fuse by, on the phase that it is on', () => {
    const sun: Source = {
      sourceId: 'sun',
      kind: 'renewable',
      nodeId: 'o1',
      lanes: [0],
      availableW: 16n * 230n,
    };
    const allocation = at([car('o1', [0]), car('o2', [0])], [sun]);
    assert.deepEqual(amps(allocation), { o1: [32n, 0n, 0n], o2: [24n, 0n, 0n] });
    assert.deepEqual(sharesOf(allocation), { grid: 40n * 230n, sun: 16n * 230n });
  });

  it('serves whoever has least time to spare first, or is due first, or came first', () => {
    const hour = 3_600_000;
    const claims = [
      car('o1', [0], { arrivedMs: 1, needWh: 7_000n, deadlineMs: NOW + 9 * hour }),
      car('o2', [0], { arrivedMs: 2, needWh: 1_000n, deadlineMs: NOW + 2 * hour }),
      car('o3', [0], { arrivedMs: 3, needWh: 20_000n, deadlineMs: NOW + 3 * hour }),
    ];
    const first = (serve: 'llf' | 'edf' | 'fcfs') => {
      const state = stateOf({ tree, sources: [grid(100_000n)], claims });
      const grants = grantsOf(decide({ ...state, policy: { ...state.policy, serve } }));
      return Object.keys(grants).filter((claimId) => grants[claimId] === 32n * 230n);
    };
    assert.deepEqual([first('llf'), first('edf'), first('fcfs')], [['o3'], ['o2'], ['o1']]);
  });

  it('states the energy that cannot come in time any more', () => {
    const claims = [car('o1', [0], { needWh: 20_000n, deadlineMs: NOW + 3_600_000 })];
    assert.deepEqual(at(claims).shortfall, [
      { claimId: 'o1', wantedW: 7_360n, missingW: 0n, missingWh: 12_640n },
    ]);
  });
});

describe('a tree of limits', () => {
  const refused = (nodes: Parameters<typeof growTree>[0]): string => {
    const grown = growTree(nodes, { volts: 230n, lanes: 3 });
    return grown.ok ? '' : grown.error.code;
  };

  it('is refused with what is wrong', () => {
    const root = { nodeId: 'a', kind: 'connection' } as const;
    assert.equal(refused([]), 'TREE_EMPTY');
    assert.equal(refused([root, { ...root, nodeId: 'b' }]), 'TREE_ROOTS');
    assert.equal(refused([root, { ...root, parentId: 'a' }]), 'NODE_TWICE');
    assert.equal(refused([root, { nodeId: 'b', kind: 'feeder', parentId: 'c' }]), 'NODE_UNREACHABLE');
    const loop = [
      { nodeId: 'b', kind: 'feeder', parentId: 'c' },
      { nodeId: 'c', kind: 'feeder', parentId: 'b' },
    ] as const;
    assert.equal(refused([root, ...loop]), 'NODE_UNREACHABLE');
    assert.equal(refused([{ ...root, hard: { totalW: -1n } }]), 'LIMIT_INVALID');
    assert.equal(refused([{ ...root, hard: { phaseA: [16n] } }]), 'LIMIT_INVALID');
    const many = Array.from({ length: 10_001 }, (_, at) => ({ ...root, nodeId: `n${at}` }));
    assert.equal(refused(many), 'TREE_TOO_LARGE');
  });
});
