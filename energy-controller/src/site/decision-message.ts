import { canonicalOf, type SiteDecisionMessage } from '@roamgrid/wire';
import type { Decision } from './decision.ts';

/** A decision as it is kept and told. Its id is given when it is kept. */
export const decisionMessage = (decision: Decision): SiteDecisionMessage => {
  const { allocation, connectionW, silentLoads, silentSources, countedW, isHeldBack, atMs } = decision;
  const { policyId, policyVersion, decidedBy, why } = allocation;
  const withLanes = <T extends { readonly laneW: readonly bigint[] }>(rows: readonly T[]) =>
    rows.map((row) => ({ ...row, laneW: [...row.laneW] }));
  return {
    ...{ decisionId: '', atMs, policyId, policyVersion, decidedBy, countedW, isHeldBack },
    ...(why !== undefined && { why }),
    ...(connectionW !== undefined && { connectionW }),
    grants: withLanes(allocation.grants),
    discharges: withLanes(allocation.discharges),
    holds: [...allocation.holds],
    sourceShares: withLanes(allocation.sourceShares),
    actions: [...allocation.actions],
    notices: [...allocation.notices],
    shortfall: [...allocation.shortfall],
    reasons: [...allocation.reasons],
    silentLoads: [...silentLoads],
    silentSources: [...silentSources],
  };
};

/** Whether nothing changed but the time. */
export const isSameDecision = (first: SiteDecisionMessage, second: SiteDecisionMessage): boolean => {
  const textOf = (decision: SiteDecisionMessage): string =>
    canonicalOf({ ...decision, decisionId: '', atMs: 0 });
  return textOf(first) === textOf(second);
};
