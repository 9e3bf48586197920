import assert from 'node:assert/strict';
import { seededChance } from '../chance/index.ts';
import {
  admit,
  allocate,
  checkAllocation,
  SERVERS_FIRST,
  VEHICLES_FIRST,
  type Claim,
  type PowerState,
} from './index.ts';
import { claim, NOW, rail, siteSources, stateOf } from './testing/build.ts';

/** `ROAMGRID_POWER_STEPS=1000000` for the long run, `ROAMGRID_LAWS_SEED` for another path. */
const STEPS = Number(process.env['ROAMGRID_POWER_STEPS'] ?? 600);
const SEED = Number(process.env['ROAMGRID_LAWS_SEED'] ?? 1);

/** Whole numbers below `below`, the same for one seed. */
const numbers = (seed: number): ((below: number) => number) => {
  const chance = seededChance(seed);
  return (below) => Math.floor(chance() * below);
};

describe('any sequence of requests, releases and outages', function () {
  this.timeout(0);

  it(`never allocates more than 755 kW, nor more of a source than it has, in ${STEPS} steps`, () => {
    const next = numbers(SEED);
    const sources = siteSources({ storedWh: 100_000n, capacityWh: 200_000n, floorWh: 10_000n });
    let state: PowerState = stateOf({ tree: rail({}, ['s1', 's2']), sources, policy: VEHICLES_FIRST });
    for (let step = 0; step < STEPS; step += 1) {
      const nowMs = NOW + step * 1_000;
      const what = next(10);
      let { claims } = state;
      if (what < 5) {
        const request = claim(`c${step}`, BigInt(next(300_000)), {
          kind: next(2) === 0 ? 'charge' : 'compute',
          nodeId: next(2) === 0 ? 's1' : 's2',
          minW: BigInt(next(3) * 5_000),
          urgency: (['ordinary', 'ordinary', 'high', 'urgent'] as const)[next(4)] ?? 'ordinary',
          preemptible: next(4) > 0,
          arrivedMs: nowMs,
        });
        const answer = admit(state, request, nowMs);
        const takenW =
          answer.outcome === 'partial' ? answer.offeredW : answer.outcome === 'denied' ? 0n : answer.grantedW;
        assert.ok(takenW <= 755_000n);
        if (takenW > 0n) claims = [...claims, { ...request, maxW: takenW }];
      } else if (what < 8 && claims.length > 0) {
        const gone = next(claims.length);
        claims = claims.filter((_, at) => at !== gone);
      } else if (what === 8) state = { ...state, signals: { outage: next(3) === 0 } };
      else state = { ...state, policy: next(2) === 0 ? VEHICLES_FIRST : SERVERS_FIRST };

      state = { ...state, claims: claims.slice(-12) };
      const allocation = allocate(state, nowMs);
      assert.deepEqual(checkAllocation(state, allocation), [], `step ${step}, seed ${SEED}`);
      const sum = allocation.grants.reduce((total, { grantedW }) => total + grantedW, 0n);
      assert.ok(sum <= (state.signals.outage === true ? 255_000n : 755_000n));
      const running = new Map(allocation.grants.map(({ claimId, grantedW }) => [claimId, grantedW]));
      state = {
        ...state,
        claims: state.claims.map((one): Claim => ({ ...one, runningW: running.get(one.claimId) ?? 0n })),
      };
    }
  });
});
