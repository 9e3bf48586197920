import type { ChargingMode, ChargingState } from './charging-mode.ts';
import type { ChargingSchedule } from './schedule.ts';
import type { SourceKind } from './source.ts';

/** Who wants power. A `discharge` lets a battery feed in; an `export` sends what batteries have to the grid. */
export type ClaimKind = 'charge' | 'discharge' | 'compute' | 'circuit' | 'export';

export type Urgency = 'ordinary' | 'high' | 'urgent';

/** The values that a grant may have: multiples of some watts, whole amperes a phase, or currents of a set. */
export type Step =
  | { readonly unit: 'W'; readonly everyW: bigint }
  | { readonly unit: 'A'; readonly everyA: bigint }
  | { readonly unit: 'A-set'; readonly amps: readonly bigint[] };

export interface Claim {
  readonly claimId: string;
  readonly kind: ClaimKind;
  readonly nodeId: string;
  /** Lanes it loads, evenly; all when absent. */
  readonly lanes?: readonly number[];
  /** Least that is of use, W: below it the claim gets nothing. */
  readonly minW: bigint;
  readonly maxW: bigint;
  /** Whole watts when absent. */
  readonly step?: Step;
  /** What it still needs, Wh; without it there is no end to it. */
  readonly needWh?: bigint;
  readonly deadlineMs?: number;
  readonly arrivedMs: number;
  /** Gets nothing before (but see `Policy.holdAheadMs`) and nothing from its end on. */
  readonly fromMs?: number;
  readonly untilMs?: number;
  readonly urgency?: Urgency;
  /** Served in this order, 1 before 2, as breaker tables and loyalty levels have it; 5 when absent. */
  readonly priority?: number;
  /** Its part where power is shared by weight; 1 when absent. */
  readonly weight?: bigint;
  /** False: what it has now is kept as long as the limits hold. True when absent. */
  readonly preemptible?: boolean;
  /** What it has now, W. */
  readonly runningW?: bigint;
  /** Fed from a battery below its floor. */
  readonly essential?: boolean;
  /** What a suspended one keeps, W; nothing when absent. */
  readonly standbyW?: bigint;
  /** What critical operations alone take, W; nothing when absent. */
  readonly criticalW?: bigint;
  readonly mode?: ChargingMode;
  readonly state?: ChargingState;
  readonly schedules?: readonly ChargingSchedule[];
  /** The battery that a `charge` fills and a `discharge` empties. */
  readonly sourceId?: string;
  /** A plan may fill the battery beyond what is needed, to give it later; without a deadline nothing that it gave has to come back. */
  readonly mayStore?: boolean;
  /** With `mayStore`: what the battery holds beyond what is needed, Wh; a plan may give so much without bringing it back. */
  readonly spareWh?: bigint;
  /** Fed from these alone, of what other claims leave; without it from any, and an `export` from batteries and renewables. */
  readonly fromKinds?: readonly SourceKind[];
  /** What kind of customer, for the rules: `residential`, `commercial`, `public` … */
  readonly group?: string;
  /** The part of the building, for the rules about occupancy. */
  readonly area?: string;
}
