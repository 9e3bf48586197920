import { byText, maxW, sumW } from '../model/phases.ts';
import type { Claim } from '../model/claim.ts';
import type {
  Action,
  Allocation,
  Grant,
  Hold,
  PowerState,
  Reason,
  Shortfall,
  SourceShare,
} from '../model/state.ts';
import { direct } from './directions.ts';
import { evenly } from './balance.ts';
import { noticesOf } from './notices.ts';
import type { Output } from './dispatch.ts';
import type { Served } from './serve.ts';
import { Stages } from './stages.ts';
import { inOrder, lossOf, supplies } from './supply.ts';
import { isWellFormed, wantOf } from './wants.ts';

const MS_PER_HOUR = 3_600_000n;

const byClaim = (a: { readonly claimId: string }, b: { readonly claimId: string }): number =>
  byText(a.claimId, b.claimId);

const lanesOf = (claim: Claim, state: PowerState): readonly number[] =>
  claim.lanes ?? Array.from({ length: state.tree.lanes }, (_, lane) => lane);

/** Claims that are there now, or for which power is kept free already; the others with the reason why not. */
const presentClaims = (
  state: PowerState,
  nowMs: number,
): { readonly present: readonly Claim[]; readonly reasons: readonly Reason[] } => {
  const count = new Map<string, number>();
  for (const { claimId } of state.claims) count.set(claimId, (count.get(claimId) ?? 0) + 1);
  const reasons: Reason[] = [];
  const present = state.claims.filter((claim) => {
    const { claimId, fromMs, untilMs } = claim;
    const isRight =
      count.get(claimId) === 1 &&
      state.tree.byId.has(claim.nodeId) &&
      isWellFormed(claim, lanesOf(claim, state), state.tree.lanes);
    const isTooEarly = fromMs !== undefined && nowMs < fromMs - state.policy.holdAheadMs;
    const isOver = untilMs !== undefined && nowMs >= untilMs;
    if (!isRight) reasons.push({ of: claimId, code: 'CLAIM_INVALID' });
    else if (isTooEarly) reasons.push({ of: claimId, code: 'NOT_YET' });
    else if (isOver) reasons.push({ of: claimId, code: 'ENDED' });
    return isRight && !isTooEarly && !isOver;
  });
  return { present, reasons };
};

/** What bound a claim in the end: the claim itself, a rule, a node or the sources. */
const reasonOf = ({ want, servedW, bound }: Served): Reason => {
  const of = want.claim.claimId;
  if (want.isHeld) return { of, code: 'HELD_FOR_RESERVATION' };
  const byRule = want.rule === undefined ? {} : { rule: want.rule };
  if (servedW >= want.hiW || bound === undefined) return { of, code: want.because, ...byRule };
  if (bound.bound === 'sources') return { of, code: 'LIMITED_BY_SOURCES', ...byRule };
  const { nodeId } = bound.bound.node;
  return {
    of,
    code: 'LIMITED_BY_NODE',
    nodeId,
    ...byRule,
    ...(bound.lane === undefined ? {} : { lane: bound.lane }),
  };
};

/** What cannot be there by the deadline even at full power from the next tick on, Wh rounded up. */
const missingWhOf = ({ want, servedW }: Served, tickMs: number, nowMs: number): bigint | undefined => {
  const { needWh, deadlineMs, maxW: mostW } = want.claim;
  if (needWh === undefined || deadlineMs === undefined) return undefined;
  const leftMs = Math.max(0, deadlineMs - nowMs);
  const inTickMs = BigInt(Math.min(tickMs, leftMs));
  const laterMs = BigInt(Math.max(0, leftMs - tickMs));
  const comes = servedW * inTickMs + mostW * laterMs;
  const missing = needWh * MS_PER_HOUR - comes;
  return missing > 0n ? (missing + MS_PER_HOUR - 1n) / MS_PER_HOUR : undefined;
};

const shortfallOf = (served: Served, state: PowerState, nowMs: number): readonly Shortfall[] => {
  const { want, servedW } = served;
  const missingW = want.askedW - servedW;
  const missingWh = missingWhOf(served, state.tickMs, nowMs);
  // What is fed from a surplus, or has not begun, is not owed any.
  if (want.isHeld || want.claim.fromKinds !== undefined || want.claim.kind === 'export') return [];
  if (missingW <= 0n && missingWh === undefined) return [];
  return [
    {
      claimId: want.claim.claimId,
      wantedW: want.askedW,
      missingW: maxW(0n, missingW),
      ...(missingWh === undefined ? {} : { missingWh }),
    },
  ];
};

const grantOf = ({ want, servedW }: Served, { tree }: PowerState): Grant => ({
  claimId: want.claim.claimId,
  nodeId: want.claim.nodeId,
  grantedW: servedW,
  laneW: evenly(servedW, want.lanes, tree),
});

const shareOf = ({ supply: { source }, laneW }: Output): SourceShare => {
  const deliveredW = sumW(laneW);
  const { sourceId, kind } = source;
  return { sourceId, kind, deliveredW, laneW, lossW: lossOf(deliveredW, source) };
};

/** What batteries give goes to the account of the first claim that let them; any other of the same battery gets none. */
const dischargesOf = (present: readonly Claim[], shares: readonly SourceShare[]): readonly Grant[] => {
  const open = new Map(shares.map((share) => [share.sourceId, share]));
  return present
    .filter(({ kind }) => kind === 'discharge')
    .sort(byClaim)
    .flatMap(({ claimId, nodeId, sourceId = '' }) => {
      const share = open.get(sourceId);
      if (share === undefined || share.deliveredW === 0n) return [];
      open.delete(sourceId);
      return [{ claimId, nodeId, grantedW: share.deliveredW, laneW: share.laneW }];
    });
};

/** Breakers that change and charges that stop. */
const changeOf = ({ want, servedW }: Served): readonly Action[] => {
  const { claimId, kind, runningW } = want.claim;
  if (runningW === undefined || want.isHeld) return [];
  if (kind === 'circuit' && runningW > 0n && servedW === 0n) return [{ do: 'open', claimId }];
  if (kind === 'circuit' && runningW === 0n && servedW > 0n) return [{ do: 'close', claimId }];
  if (kind !== 'circuit' && runningW > 0n && servedW === 0n && want.rule === undefined)
    return [{ do: 'suspend', claimId, rule: 'limits' }];
  return [];
};

/**
 * Who gets how much power now, and from where. It always answers: what cannot be served is a stated shortfall, what cannot be read
 * gets nothing and is told (`CLAIM_INVALID`). No limit of the tree is exceeded on any phase, no source gives more than it has,
 * grants and losses add up to what sources put out, and the same state gives the same answer in whatever order its claims are.
 */
export const allocate = (state: PowerState, nowMs: number): Allocation => {
  const { present, reasons: absent } = presentClaims(state, nowMs);
  const { usable, reasons: ofSources } = supplies(state, nowMs);
  const batteriesW = sumW(
    usable.filter(({ source }) => source.store !== undefined).map(({ totalW }) => totalW),
  );
  const directions = direct({ state, nowMs, claims: present, batteriesW });
  const wants = present.flatMap((claim) => {
    const leaf = claim.kind === 'export' ? state.tree.nodes[0] : state.tree.byId.get(claim.nodeId);
    const direction = directions.of.get(claim.claimId);
    return claim.kind === 'discharge' || leaf === undefined || direction === undefined
      ? []
      : [wantOf(direction, leaf, lanesOf(claim, state), state, nowMs)];
  });
  const ordered = inOrder(usable, directions, state.signals.leadingSourceId);
  const { served, outputs, flow, softConnectionW } = new Stages(state, ordered, nowMs).run(wants);
  const sourceShares = outputs.map(shareOf).sort((a, b) => byText(a.sourceId, b.sourceId));
  const all = [...served].sort((a, b) => byText(a.want.claim.claimId, b.want.claim.claimId));
  return {
    policyId: state.policy.policyId,
    policyVersion: state.policy.version,
    atMs: nowMs,
    decidedBy: 'rule',
    grants: all.filter(({ want }) => !want.isHeld).map((one) => grantOf(one, state)),
    discharges: dischargesOf(present, sourceShares),
    holds: all.flatMap(({ want, servedW }): readonly Hold[] =>
      want.isHeld && servedW > 0n ? [{ claimId: want.claim.claimId, heldW: servedW }] : [],
    ),
    sourceShares,
    actions: [...directions.actions, ...all.flatMap(changeOf)].sort(byClaim),
    notices: noticesOf(state, directions.notices, flow, softConnectionW, nowMs),
    shortfall: all.flatMap((one) => shortfallOf(one, state, nowMs)),
    reasons: [...absent, ...ofSources, ...directions.reasons, ...all.map(reasonOf)].sort((a, b) =>
      byText(a.of, b.of),
    ),
  };
};
