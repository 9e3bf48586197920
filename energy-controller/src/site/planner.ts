import {
  allocate,
  allocatePlanned,
  plan,
  type Allocation,
  type Horizon,
  type Plan,
  type PowerState,
  type Solver,
} from '@roamgrid/domain/power';
import type { PlanningSpec } from './spec.ts';

/** What an unmet kWh is worth against the others: more than any price, and a little less a slot later. */
const WEIGHTS: Horizon['weights'] = {
  unmetMicrosPerKWh: 100_000_000n,
  softMicrosPerKWh: 100_000_000n,
  peakMicrosPerKW: 0n,
  peakSoFarW: 0n,
  wearMicrosPerKWh: 20_000n,
  laterMicrosPerKWh: 1_000n,
};

/** Reasons that tell that a limit binds. */
const BINDS = new Set(['LIMITED_BY_NODE', 'LIMITED_BY_SOURCES']);

/** Who is there with what need: when it is another, the plan is old. */
const castOf = ({ claims, policy, sources }: PowerState): string =>
  JSON.stringify([
    policy.policyId,
    policy.version,
    claims.filter(({ kind }) => kind === 'charge').map(({ claimId, deadlineMs }) => [claimId, deadlineMs]),
    sources.map(({ sourceId, availableW }) => [sourceId, availableW.toString()]),
  ]);

/**
 * Decides by a plan where a limit binds, and by the ranked rule elsewhere. The plan is solved anew when its first slot is over, or when
 * somebody came, left or has other power to go by.
 */
export const createPlanner = (
  { slotMs, slots }: PlanningSpec,
  solver: Solver,
): ((state: PowerState, nowMs: number) => Promise<Allocation>) => {
  let made: { readonly plan: Plan; readonly cast: string } | undefined;
  return async (state, nowMs) => {
    const byRule = allocate(state, nowMs);
    if (!byRule.reasons.some(({ code }) => BINDS.has(code))) return byRule;
    const cast = castOf(state);
    if (made?.cast !== cast || nowMs - made.plan.plannedAtMs >= slotMs) {
      const horizon = { slotMs, slots, forecast: priceOf(state), weights: WEIGHTS };
      made = { cast, plan: await plan(state, horizon, nowMs, solver) };
    }
    return allocatePlanned(state, made.plan, nowMs);
  };
};

const priceOf = ({ signals: { priceMicrosPerKWh } }: PowerState): Horizon['forecast'] =>
  priceMicrosPerKWh === undefined ? {} : { priceMicrosPerKWh: [priceMicrosPerKWh] };
