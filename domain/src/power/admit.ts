import { allocate } from './allocate/allocate.ts';
import type { Claim } from './model/claim.ts';
import { UNLIMITED_W } from './model/phases.ts';
import type { Allocation, PowerState } from './model/state.ts';

/** Who loses power when room is made, and how much. */
export interface Loser {
  readonly claimId: string;
  readonly fromW: bigint;
  readonly toW: bigint;
}

/**
 * What becomes of a request beside those that are served already. `partial` is an offer: it is accepted by claiming `offeredW` at
 * most. `residualW` is what is left for this request at its place, without taking from anybody.
 */
export type Admission =
  | { readonly outcome: 'granted'; readonly grantedW: bigint; readonly residualW: bigint }
  | { readonly outcome: 'partial'; readonly offeredW: bigint; readonly residualW: bigint }
  | {
      readonly outcome: 'room-made';
      readonly grantedW: bigint;
      readonly residualW: bigint;
      readonly losers: readonly Loser[];
    }
  | { readonly outcome: 'denied'; readonly residualW: bigint };

const grantOf = ({ grants }: Allocation, claimId: string): bigint =>
  grants.find((grant) => grant.claimId === claimId)?.grantedW ?? 0n;

/** Everybody as they are served now, and not to be touched. */
const keeping = (state: PowerState, before: Allocation): PowerState => ({
  ...state,
  claims: state.claims.map((claim) =>
    claim.kind === 'discharge'
      ? claim
      : { ...claim, preemptible: false, runningW: grantOf(before, claim.claimId) },
  ),
});

const withClaim = (state: PowerState, claim: Claim): PowerState => ({
  ...state,
  claims: [...state.claims.filter(({ claimId }) => claimId !== claim.claimId), claim],
});

/**
 * Decides on a request for power. An ordinary one takes what is left and nobody's power; a high or urgent one makes room by the
 * policy's ranking when that is not enough. The least that is of use is `minW`, and at least a watt.
 */
export const admit = (state: PowerState, request: Claim, nowMs: number): Admission => {
  const others = { ...state, claims: state.claims.filter(({ claimId }) => claimId !== request.claimId) };
  const before = allocate(others, nowMs);
  const kept = keeping(others, before);
  const leftFor = (claim: Claim): bigint =>
    grantOf(allocate(withClaim(kept, { ...claim, urgency: 'ordinary' }), nowMs), claim.claimId);
  const { mode: _mode, state: _state, needWh: _need, schedules: _schedules, ...bare } = request;
  const residualW = leftFor({ ...bare, minW: 0n, maxW: UNLIMITED_W, step: { unit: 'W', everyW: 1n } });
  const leftW = leftFor(request);

  const alone = allocate({ ...others, claims: [request, ...state.claims.filter(isDischarge)] }, nowMs);
  const wantedW = alone.shortfall.find(({ claimId }) => claimId === request.claimId)?.wantedW;
  const askedW = wantedW ?? grantOf(alone, request.claimId);
  if (leftW > 0n && leftW >= askedW) return { outcome: 'granted', grantedW: leftW, residualW };

  if (request.urgency !== undefined && request.urgency !== 'ordinary') {
    const after = allocate(withClaim(others, request), nowMs);
    const grantedW = grantOf(after, request.claimId);
    const losers = before.grants.flatMap(({ claimId, grantedW: fromW }): readonly Loser[] => {
      const toW = grantOf(after, claimId);
      return toW < fromW ? [{ claimId, fromW, toW }] : [];
    });
    if (grantedW > leftW) return { outcome: 'room-made', grantedW, residualW, losers };
  }
  return leftW > 0n ? { outcome: 'partial', offeredW: leftW, residualW } : { outcome: 'denied', residualW };
};

const isDischarge = ({ kind }: Claim): boolean => kind === 'discharge';
