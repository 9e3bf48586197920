import type { Claim } from './claim.ts';
import type { Policy } from './policy.ts';
import type { Signals } from './signal.ts';
import type { Source } from './source.ts';
import type { Tree } from './tree.ts';

/** Everything that a decision looks at. */
export interface PowerState {
  readonly tree: Tree;
  readonly sources: readonly Source[];
  readonly claims: readonly Claim[];
  readonly signals: Signals;
  readonly policy: Policy;
  /** How long the decision holds, ms: no battery is taken below its floor and no need over-filled within it. */
  readonly tickMs: number;
}

export type ReasonCode =
  | 'GRANTED'
  | 'LIMITED_BY_NODE'
  | 'LIMITED_BY_SOURCES'
  | 'LIMITED_BY_RULE'
  | 'LIMITED_BY_SCHEDULE'
  | 'LIMITED_BY_MODE'
  | 'BELOW_MINIMUM'
  | 'NOT_YET'
  | 'ENDED'
  | 'SATISFIED'
  | 'HELD_FOR_RESERVATION'
  | 'CLAIM_INVALID'
  | 'STALE'
  | 'NO_CONSENT'
  | 'CHARGING'
  | 'AT_FLOOR'
  | 'OUTAGE'
  | 'RULE';

/** Why a claim got what it got, or a source is not used, or which rule held. */
export interface Reason {
  readonly of: string;
  readonly code: ReasonCode;
  readonly rule?: string;
  readonly nodeId?: string;
  readonly lane?: number;
}

export interface Grant {
  readonly claimId: string;
  readonly nodeId: string;
  readonly grantedW: bigint;
  /** By lane; they add up to `grantedW`. */
  readonly laneW: readonly bigint[];
}

/** What a source is to put out: what arrives and what is lost on the way. */
export interface SourceShare {
  readonly sourceId: string;
  readonly kind: Source['kind'];
  readonly deliveredW: bigint;
  readonly laneW: readonly bigint[];
  readonly lossW: bigint;
}

/** Power that is kept free and not used. */
export interface Hold {
  readonly claimId: string;
  readonly heldW: bigint;
}

/** What a claim asked for and does not get. */
export interface Shortfall {
  readonly claimId: string;
  readonly wantedW: bigint;
  readonly missingW: bigint;
  /** Of its need so much cannot be there by its deadline even at full power from the next tick on, Wh. */
  readonly missingWh?: bigint;
}

export type Action =
  | { readonly do: 'suspend' | 'standby' | 'critical-only'; readonly claimId: string; readonly rule: string }
  | { readonly do: 'mode'; readonly claimId: string; readonly mode: string; readonly rule: string }
  | { readonly do: 'switch-off'; readonly claimId: string; readonly rule: string; readonly savingWh: bigint }
  | { readonly do: 'open' | 'close'; readonly claimId: string };

export interface Notice {
  readonly key: string;
  readonly code: string;
  readonly to?: string;
  readonly nodeId?: string;
  readonly excessW?: bigint;
}

export interface Allocation {
  readonly policyId: string;
  readonly policyVersion: number;
  readonly atMs: number;
  /** Whether a plan said how much charges get, or the ranked rule; and why the rule, where a plan was wanted. */
  readonly decidedBy: 'plan' | 'rule';
  readonly why?: string;
  /** One a claim that asks for power, also when it gets none; sorted by claim. Discharges mirror source shares. */
  readonly grants: readonly Grant[];
  readonly discharges: readonly Grant[];
  readonly holds: readonly Hold[];
  readonly sourceShares: readonly SourceShare[];
  readonly actions: readonly Action[];
  readonly notices: readonly Notice[];
  readonly shortfall: readonly Shortfall[];
  readonly reasons: readonly Reason[];
}
