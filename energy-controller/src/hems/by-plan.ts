import {
  allocate,
  allocatePlanned,
  type Allocation,
  type Claim,
  type PowerState,
} from '@roamgrid/domain/power';
import type { HomePlanMessage } from '@roamgrid/wire';

/** Charges that are served of a surplus take what there is, whatever was expected of it. */
const isOfSurplus = ({ fromKinds }: Claim): boolean => fromKinds !== undefined && !fromKinds.includes('grid');

const endless = ({ needWh: _need, ...claim }: Claim): Claim => claim;

/** With no plan, or none for the instant: cars are served as they come, and nothing is bought for a battery. While the grid is out nothing is charged but of the sun. */
const byRule = (state: PowerState, nowMs: number): Allocation => {
  const isOut = state.signals.outage === true;
  const claims = state.claims.map((claim): Claim => {
    if (claim.kind !== 'charge') return claim;
    if (isOfSurplus(claim)) return claim.mayStore === true ? endless(claim) : claim;
    return isOut ? { ...claim, minW: 0n, maxW: 0n } : claim;
  });
  return allocate({ ...state, claims }, nowMs);
};

/** The decision of an instant by a house's plan. What batteries are to give they give before the grid; all limits hold as without it. */
export const decideByPlan = (
  state: PowerState,
  plan: HomePlanMessage | undefined,
  nowMs: number,
): Allocation => {
  if (plan === undefined) return { ...byRule(state, nowMs), why: 'PLAN_OUT_OF_DATE' };
  const slot = plan.slots.find(({ startMs, endMs }) => startMs <= nowMs && nowMs < endMs);
  if (plan.decidedBy === 'rule' || slot === undefined || state.signals.outage === true)
    return {
      ...byRule(state, nowMs),
      why: plan.why ?? (slot === undefined ? 'PLAN_OUT_OF_DATE' : 'OUTAGE'),
    };
  const ofSurplus = new Set(state.claims.filter(isOfSurplus).map(({ claimId }) => claimId));
  const chargesW = Object.fromEntries(Object.entries(slot.chargesW).filter(([id]) => !ofSurplus.has(id)));
  const claims = state.claims.map((claim) => {
    if (claim.kind !== 'charge' || claim.mayStore !== true) return claim;
    // What is stored for later has no need that would end it.
    return ofSurplus.has(claim.claimId) || (chargesW[claim.claimId] ?? 0n) > 0n ? endless(claim) : claim;
  });
  const policy = { ...state.policy, sources: ['renewable', 'ess', 'ev', 'grid'] as const };
  const followed = {
    plannedAtMs: plan.madeAtMs,
    decidedBy: 'plan',
    slots: [{ ...slot, chargesW }],
  } as const;
  return allocatePlanned({ ...state, claims, policy }, followed, nowMs);
};
