import assert from 'node:assert/strict';
import { unwrap } from '../../result/index.ts';
import {
  allocate,
  checkAllocation,
  growTree,
  PLAIN_POLICY,
  type Allocation,
  type ChargingSchedule,
  type Claim,
  type Limit,
  type PowerNode,
  type PowerState,
  type Source,
  type Tree,
} from '../index.ts';

export const NOW = Date.UTC(2026, 10, 30, 12);
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
const TICK_MS = 5 * MINUTE_MS;

/** The profile of document 003: 22, 15 and 8 kW from 0, 180 and 1,080 s, over at 1,980 s; in no order. Spec: SECURE-9. */
export const PROFILE: ChargingSchedule = {
  startMs: NOW,
  durationMs: 1_980_000,
  stackLevel: 0,
  periods: [
    { offsetMs: 1_080_000, limitW: 8_000n },
    { offsetMs: 0, limitW: 22_000n },
    { offsetMs: 180_000, limitW: 15_000n },
  ],
};

/** A direct-current rail with outlets below it: lanes do not matter there. */
export const rail = (hard: Limit = {}, outlets: readonly string[] = ['s1'], volts = 240n): Tree =>
  unwrap(
    growTree(
      [
        { nodeId: 'site', kind: 'connection', hard },
        ...outlets.map((nodeId): PowerNode => ({ nodeId, kind: 'outlet', parentId: 'site' })),
      ],
      { volts, lanes: 1 },
    ),
  );

export const grid = (availableW: bigint, nodeId = 'site'): Source => ({
  sourceId: 'grid',
  kind: 'grid',
  nodeId,
  availableW,
});

/** Utility 500, renewable 155, battery 100 kW: the sum of document 001. */
export const siteSources = (battery: NonNullable<Source['store']>): readonly Source[] => [
  grid(500_000n),
  { sourceId: 'sun', kind: 'renewable', nodeId: 'site', availableW: 155_000n },
  { sourceId: 'battery', kind: 'ess', nodeId: 'site', availableW: 100_000n, store: battery },
];

export const claim = (claimId: string, maxW: bigint, more: Partial<Claim> = {}): Claim => ({
  claimId,
  kind: 'charge',
  nodeId: 's1',
  minW: 0n,
  maxW,
  arrivedMs: NOW,
  ...more,
});

export const stateOf = (more: Partial<PowerState> & Pick<PowerState, 'tree'>): PowerState => ({
  sources: [],
  claims: [],
  signals: {},
  policy: PLAIN_POLICY,
  tickMs: TICK_MS,
  ...more,
});

/** Allocates, and holds the answer against its own limits before anything else is looked at. */
export const decide = (state: PowerState, nowMs = NOW): Allocation => {
  const allocation = allocate(state, nowMs);
  assert.deepEqual(checkAllocation(state, allocation), []);
  return allocation;
};

export const grantsOf = ({ grants }: Allocation): Readonly<Record<string, bigint>> =>
  Object.fromEntries(grants.map(({ claimId, grantedW }) => [claimId, grantedW]));

export const sharesOf = ({ sourceShares }: Allocation): Readonly<Record<string, bigint>> =>
  Object.fromEntries(sourceShares.map(({ sourceId, deliveredW }) => [sourceId, deliveredW]));
