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
 * somebody came, left or has other power to go by. A decision never waits for that: until the new plan is there the last one holds, and
 * whoever that does not know is served by the rule, all within the limits of now.
 */
export const createPlanner = (
  { slotMs, slots }: PlanningSpec,
  solver: Solver,
): ((state: PowerState, nowMs: number) => Allocation) => {
  let made: { readonly plan: Plan; readonly cast: string } | undefined;
  let isSolving = false;
  const solve = async (state: PowerState, cast: string, nowMs: number): Promise<void> => {
    isSolving = true;
    const horizon = { slotMs, slots, forecast: priceOf(state), weights: WEIGHTS };
    const solved = await plan(state, horizon, nowMs, solver).catch((thrown: unknown): Plan => ({
      ...{ plannedAtMs: nowMs, decidedBy: 'rule', why: 'SOLVER_FAILED', slots: [] },
      detail: thrown instanceof Error ? thrown.message : String(thrown),
    }));
    made = { cast, plan: solved };
    isSolving = false;
  };
  return (state, nowMs) => {
    const byRule = allocate(state, nowMs);
    if (!byRule.reasons.some(({ code }) => BINDS.has(code))) return byRule;
    const cast = castOf(state);
    const isOld = made?.cast !== cast || nowMs - made.plan.plannedAtMs >= slotMs;
    if (isOld && !isSolving) void solve(state, cast, nowMs);
    return made === undefined
      ? { ...byRule, why: 'PLAN_OUT_OF_DATE' }
      : allocatePlanned(state, made.plan, nowMs);
  };
};

const priceOf = ({ signals: { priceMicrosPerKWh } }: PowerState): Horizon['forecast'] =>
  priceMicrosPerKWh === undefined ? {} : { priceMicrosPerKWh: [priceMicrosPerKWh] };
