import assert from 'node:assert/strict';
import {
  checkModeRange,
  SERVERS_FIRST,
  SITE_MODES,
  VEHICLES_FIRST,
  VEHICLES_FIRST_SHARING,
  type ChargingState,
  type Claim,
  type Policy,
} from './index.ts';
import { claim, decide, grantsOf, grid, HOUR_MS, NOW, rail, siteSources, stateOf } from './testing/build.ts';

const SITE_SOURCES = siteSources({ storedWh: 200_000n, capacityWh: 400_000n, floorWh: 40_000n });

const servers = (maxW: bigint, more: Partial<Claim> = {}): Claim =>
  claim('servers', maxW, { kind: 'compute', standbyW: 20n, criticalW: 5_000n, ...more });

const fast = (state: ChargingState, more: Partial<Claim> = {}): Claim =>
  claim('car', 800_000n, { mode: 'fast', state, ...more });

const at755 = (policy: Policy, ...claims: readonly Claim[]) =>
  decide(stateOf({ tree: rail(), sources: SITE_SOURCES, claims, policy }));

describe('a station that shares its power with servers', () => {
  it('has 755 kW of utility, renewable and battery power, and not a watt more', () => {
    const { grants, sourceShares, shortfall } = at755(
      VEHICLES_FIRST,
      claim('a', 700_000n),
      claim('b', 100_000n),
    );
    assert.deepEqual(
      grants.map(({ grantedW }) => grantedW),
      [700_000n, 55_000n],
    );
    assert.deepEqual(
      sourceShares.map(({ sourceId, deliveredW }) => [sourceId, deliveredW]),
      [
        ['battery', 100_000n],
        ['grid', 500_000n],
        ['sun', 155_000n],
      ],
    );
    assert.deepEqual(shortfall, [{ claimId: 'b', wantedW: 100_000n, missingW: 45_000n }]);
  });

  it('leaves the servers at most 735, 105 and 735 kW while a fast charge starts, goes on and finishes', () => {
    const states: readonly ChargingState[] = ['starting', 'in-progress', 'finishing'];
    assert.deepEqual(
      states.map((state) => grantsOf(at755(VEHICLES_FIRST_SHARING, fast(state), servers(800_000n)))),
      [
        { car: 20_000n, servers: 735_000n },
        { car: 650_000n, servers: 105_000n },
        { car: 20_000n, servers: 735_000n },
      ],
    );
  });

  it('leaves them 55 kW of 405 while a regular charge takes 350', () => {
    const regular = claim('car', 350_000n, { mode: 'regular', state: 'in-progress' });
    const state = stateOf({
      tree: rail(),
      sources: [grid(405_000n)],
      claims: [regular, servers(405_000n)],
      policy: VEHICLES_FIRST_SHARING,
    });
    assert.deepEqual(grantsOf(decide(state)), { car: 350_000n, servers: 55_000n });
  });

  it('knows the state of a charge by what the battery holds: 20 and 80 % are the edges', () => {
    const at = (storedWh: bigint) =>
      grantsOf(
        decide(
          stateOf({
            tree: rail(),
            sources: [
              ...SITE_SOURCES,
              {
                sourceId: 'car-battery',
                kind: 'ev',
                nodeId: 's1',
                availableW: 0n,
                store: { storedWh, capacityWh: 100_000n, floorWh: 0n },
              },
            ],
            claims: [claim('car', 800_000n, { mode: 'fast', sourceId: 'car-battery' })],
          }),
        ),
      )['car'];
    assert.deepEqual([19_999n, 20_000n, 79_999n, 80_000n].map(at), [20_000n, 650_000n, 650_000n, 20_000n]);
  });

  it('takes 12 kW and refuses 13 kW of residential charging', () => {
    assert.ok(checkModeRange(SITE_MODES, 'residential', 12_000n).ok);
    const refused = checkModeRange(SITE_MODES, 'residential', 13_000n);
    assert.equal(refused.ok ? '' : refused.error.code, 'MODE_RANGE');
    assert.ok(!checkModeRange(SITE_MODES, 'residential', 999n).ok);
    assert.ok(!checkModeRange(SITE_MODES, 'slow', 100_000n).ok);
  });
});

describe('priority between servers and cars', () => {
  const inProgress = fast('in-progress', { runningW: 650_000n });

  it('suspends servers to their standby in the middle of a fast charge, or shares, as the policy says', () => {
    const suspended = at755(VEHICLES_FIRST, inProgress, servers(200_000n));
    assert.deepEqual(grantsOf(suspended), { car: 650_000n, servers: 20n });
    assert.deepEqual(suspended.actions, [
      { do: 'standby', claimId: 'servers', rule: 'fast-in-progress-suspends-servers' },
    ]);
    assert.deepEqual(grantsOf(at755(VEHICLES_FIRST_SHARING, inProgress, servers(200_000n))), {
      car: 650_000n,
      servers: 105_000n,
    });
  });

  it('slows charging below 100 kW for a task of high priority, within the tick', () => {
    const allocation = at755(VEHICLES_FIRST, inProgress, servers(200_000n, { urgency: 'high' }));
    assert.deepEqual(grantsOf(allocation), { car: 99_999n, servers: 200_000n });
    assert.deepEqual(allocation.actions, [
      { do: 'mode', claimId: 'car', mode: 'slow', rule: 'high-task-slows-charging' },
    ]);
  });

  it('leaves servers critical operations only when a charge is urgent, whoever is first otherwise', () => {
    for (const policy of [VEHICLES_FIRST, VEHICLES_FIRST_SHARING, SERVERS_FIRST]) {
      const allocation = at755(policy, fast('in-progress', { urgency: 'urgent' }), servers(200_000n));
      assert.deepEqual(grantsOf(allocation), { car: 650_000n, servers: 5_000n }, policy.policyId);
      assert.deepEqual(allocation.actions, [
        { do: 'critical-only', claimId: 'servers', rule: 'urgent-charge-leaves-critical-only' },
      ]);
    }
  });

  it('slows charging for an urgent task, and suspends it when that is not enough', () => {
    const slowed = at755(VEHICLES_FIRST, inProgress, servers(700_000n, { urgency: 'urgent' }));
    assert.deepEqual(grantsOf(slowed), { car: 55_000n, servers: 700_000n });
    const suspended = at755(
      VEHICLES_FIRST,
      fast('in-progress', { runningW: 650_000n, minW: 10_000n }),
      servers(750_000n, { urgency: 'urgent' }),
    );
    assert.deepEqual(grantsOf(suspended), { car: 0n, servers: 750_000n });
    assert.equal(suspended.reasons.find(({ of }) => of === 'car')?.code, 'LIMITED_BY_SOURCES');
  });

  it('gives every outcome to the other side when the default priority is flipped', () => {
    const both = [claim('car', 600_000n), servers(600_000n)] as const;
    assert.deepEqual(grantsOf(at755(VEHICLES_FIRST, ...both)), { car: 600_000n, servers: 155_000n });
    assert.deepEqual(grantsOf(at755(SERVERS_FIRST, ...both)), { car: 155_000n, servers: 600_000n });
    const duringFast = [inProgress, servers(200_000n)] as const;
    assert.deepEqual(grantsOf(at755(SERVERS_FIRST, ...duringFast)), { car: 555_000n, servers: 200_000n });
  });

  it('does not interrupt a task that may not be', () => {
    const kept = servers(90_000n, { preemptible: false, runningW: 90_000n });
    assert.deepEqual(grantsOf(at755(VEHICLES_FIRST, inProgress, kept)), { car: 650_000n, servers: 90_000n });
    const crowded = at755(VEHICLES_FIRST, claim('car', 755_000n, { urgency: 'urgent' }), kept);
    assert.deepEqual(grantsOf(crowded), { car: 665_000n, servers: 90_000n });
  });
});

describe('one feed for several stations', () => {
  const stations = ['s1', 's2', 's3', 's4'];
  const feed = rail({ phaseA: [60n] }, stations);
  const shared: Policy = { ...VEHICLES_FIRST, serve: 'share' };
  const want = (nodeId: string, weight: bigint, more: Partial<Claim> = {}): Claim =>
    claim(nodeId, 14_400n, { nodeId, weight, ...more });

  it('gives 240 V and 60 A as 14,400 W: equally, or by weights of 2:1:1', () => {
    const equal = stationsState(stations.map((nodeId) => want(nodeId, 1n)));
    assert.deepEqual(Object.values(grantsOf(decide(equal))), [3_600n, 3_600n, 3_600n, 3_600n]);
    const weighted = stationsState([want('s1', 2n), want('s2', 1n), want('s3', 1n)]);
    assert.deepEqual(grantsOf(decide(weighted)), { s1: 7_200n, s2: 3_600n, s3: 3_600n });
  });

  it('gives what one does not take to the others by their weights', () => {
    const state = stationsState([want('s1', 2n), want('s2', 1n, { maxW: 1_200n }), want('s3', 1n)]);
    assert.deepEqual(grantsOf(decide(state)), { s1: 8_800n, s2: 1_200n, s3: 4_400n });
  });

  it('shares whole amperes and starts nobody below 6 A', () => {
    const step = { unit: 'A', everyA: 1n } as const;
    const state = stationsState(stations.map((nodeId) => want(nodeId, 1n, { step, minW: 1_440n })));
    assert.deepEqual(Object.values(grantsOf(decide(state))), [3_600n, 3_600n, 3_600n, 3_600n]);
    const narrow = { ...state, sources: [grid(4_500n)] };
    assert.deepEqual(grantsOf(decide(narrow)), { s1: 1_440n, s2: 1_440n, s3: 1_440n, s4: 0n });
  });

  it('takes power from the servers ahead of a reservation, and gives them what is left after it', () => {
    const startMs = NOW + HOUR_MS;
    const reservation = want('s1', 1n, { fromMs: startMs, untilMs: startMs + HOUR_MS, maxW: 9_600n });
    const busy = want('s2', 1n, { kind: 'compute' });
    const state = {
      ...stationsState([reservation, busy]),
      policy: { ...VEHICLES_FIRST, holdAheadMs: HOUR_MS / 4 },
    };
    const seen = [0, 44, 45, 59, 60, 119, 120].map((minutes) => {
      const { grants, holds, sourceShares } = decide(state, NOW + minutes * 60_000);
      const ofServers = grants.find(({ claimId }) => claimId === 's2')?.grantedW;
      return [minutes, ofServers, holds[0]?.heldW, sourceShares[0]?.deliveredW];
    });
    assert.deepEqual(seen, [
      [0, 14_400n, undefined, 14_400n],
      [44, 14_400n, undefined, 14_400n],
      [45, 4_800n, 9_600n, 4_800n],
      [59, 4_800n, 9_600n, 4_800n],
      [60, 4_800n, undefined, 14_400n],
      [119, 4_800n, undefined, 14_400n],
      [120, 14_400n, undefined, 14_400n],
    ]);
  });

  function stationsState(claims: readonly Claim[]) {
    return stateOf({ tree: feed, sources: [grid(20_000n)], claims, policy: shared });
  }
});
