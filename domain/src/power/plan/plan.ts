import { allocate } from '../allocate/allocate.ts';
import { checkAllocation } from '../check-allocation.ts';
import { minW } from '../model/phases.ts';
import type { Allocation, PowerState } from '../model/state.ts';
import { formPlan } from './form.ts';
import { branchesOf, type Horizon } from './horizon.ts';
import type { Solver, SolverAnswer } from './linear-model.ts';
import { roundPlan, type PlannedSlot } from './round.ts';

/** Why there is no plan, and the ranked rule decides. */
export type NoPlan =
  'NOTHING_TO_PLAN' | 'SOLVER_FAILED' | 'ANSWER_UNUSABLE' | 'PLAN_BREAKS_LIMITS' | 'PLAN_OUT_OF_DATE';

export interface Plan {
  readonly plannedAtMs: number;
  readonly decidedBy: 'plan' | 'rule';
  /** Set when the rule decides; with what the solver said. */
  readonly why?: NoPlan;
  readonly detail?: string;
  readonly slots: readonly PlannedSlot[];
}

const isUsable = (values: readonly number[], columns: number): boolean =>
  values.length === columns && values.every((value) => Math.abs(value) <= Number.MAX_SAFE_INTEGER);

const byRule = (plannedAtMs: number, why: NoPlan, detail?: string): Plan => ({
  plannedAtMs,
  decidedBy: 'rule',
  why,
  ...(detail === undefined ? {} : { detail }),
  slots: [],
});

const withPlan = (state: PowerState, { chargesW, batteriesW }: PlannedSlot): PowerState => ({
  ...state,
  claims: state.claims.map((claim) => {
    const plannedW = chargesW[claim.claimId];
    return plannedW === undefined ? claim : { ...claim, maxW: minW(claim.maxW, plannedW) };
  }),
  sources: state.sources.map((source) => {
    const plannedW = batteriesW[source.sourceId];
    if (plannedW === undefined) return source;
    // What is put out, so that the planned power arrives.
    const keptPpm = 1_000_000n - (source.lossPpm ?? 0n);
    const outW = keptPpm === 0n ? 0n : (plannedW * 1_000_000n + keptPpm - 1n) / keptPpm;
    return { ...source, availableW: minW(source.availableW, outW) };
  }),
});

/**
 * The decision of an instant by a plan: charges get what it gives them and no more, batteries feed in what it says; who came after it was
 * made, and everything that is not planned, is served by the ranked rule. Without a plan for this instant the rule decides.
 */
export const allocatePlanned = (state: PowerState, plan: Plan, nowMs: number): Allocation => {
  const slot = plan.slots.find(({ startMs, endMs }) => startMs <= nowMs && nowMs < endMs);
  if (plan.decidedBy === 'rule' || slot === undefined)
    return { ...allocate(state, nowMs), why: plan.why ?? 'PLAN_OUT_OF_DATE' };
  return { ...allocate(withPlan(state, slot), nowMs), decidedBy: 'plan' };
};

const answerOf = async (solver: Solver, model: Parameters<Solver>[0]): Promise<SolverAnswer> => {
  try {
    return await solver(model);
  } catch (error) {
    return { status: 'failed', detail: error instanceof Error ? error.message : String(error) };
  }
};

/**
 * A plan over the slots to come: forms the linear programme, has it solved, rounds the answer to what claims can take (whole amperes,
 * at least their minimum) and checks its first slot against every limit. Whatever goes wrong, the ranked rule decides, and the plan says why.
 * `roundSlots` is how many slots are rounded and kept; all when absent.
 */
export const plan = async (
  state: PowerState,
  horizon: Horizon,
  nowMs: number,
  solver: Solver,
  { roundSlots = horizon.slots }: { readonly roundSlots?: number } = {},
): Promise<Plan> => {
  const formed = formPlan(state, horizon, nowMs);
  if (formed.charges.length === 0 && formed.feeds.length === 0) return byRule(nowMs, 'NOTHING_TO_PLAN');
  const answer = await answerOf(solver, formed.model);
  if (answer.status === 'failed') return byRule(nowMs, 'SOLVER_FAILED', answer.detail);
  if (!isUsable(answer.values, formed.model.columns.length)) return byRule(nowMs, 'ANSWER_UNUSABLE');
  const [shown = horizon] = branchesOf(horizon);
  const slots = roundPlan(state, shown, formed, answer.values, roundSlots);
  const made: Plan = { plannedAtMs: nowMs, decidedBy: 'plan', slots };
  const breaches = checkAllocation(state, allocatePlanned(state, made, nowMs));
  return breaches.length > 0
    ? byRule(nowMs, 'PLAN_BREAKS_LIMITS', breaches.map(({ message }) => message).join('; '))
    : made;
};
