import type { Claim } from '../model/claim.ts';
import type { Source } from '../model/source.ts';
import type { PowerState } from '../model/state.ts';
import { BranchForm } from './branch-form.ts';
import { branchesOf, type Horizon, type Slot } from './horizon.ts';
import { ModelBuilder, type LinearModel } from './linear-model.ts';
import { SharedColumns } from './shared-columns.ts';

/** A model with the columns that its answer is read from: those of the first course, where several may come. */
export interface FormedPlan {
  readonly model: LinearModel;
  readonly slots: readonly Slot[];
  /** Claims that are planned, by id, with a column a slot; none where they are not there. */
  readonly charges: readonly { readonly claim: Claim; readonly columns: readonly (number | undefined)[] }[];
  /** Sources here that may feed in, likewise. */
  readonly feeds: readonly { readonly source: Source; readonly columns: readonly (number | undefined)[] }[];
}

/** Forms the linear programme of a state over its horizon. Ids never reach the solver: columns are told by their place. */
export const formPlan = (state: PowerState, horizon: Horizon, nowMs: number): FormedPlan => {
  const branches = branchesOf(horizon);
  const model = new ModelBuilder();
  const shared = new SharedColumns(model, horizon, branches.length);
  const [shown] = branches.map((branch) => new BranchForm(state, branch, nowMs, model, shared).formed);
  if (shown === undefined) throw new RangeError('a horizon has one course at least');
  return { model: model.build(), ...shown };
};
