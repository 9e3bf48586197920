import type { ChargingMode, ChargingState, ModeTable } from './charging-mode.ts';
import type { ClaimKind, Urgency } from './claim.ts';
import type { SourceKind } from './source.ts';

/**
 * A policy is data: numbers and an ordered list of rules, each with the name that reasons and pages show. Rules are
 * read in order and see what earlier ones did; where two say something of one claim, the earlier one holds.
 */

/** Which claims a rule means: all that is given has to hold. */
export interface Selector {
  readonly kind?: ClaimKind;
  readonly urgency?: readonly Urgency[];
  readonly mode?: readonly ChargingMode[];
  readonly state?: readonly ChargingState[];
  readonly group?: string;
  /** These alone. */
  readonly claimIds?: readonly string[];
  /** Claims with this priority or a less important one. */
  readonly priorityFrom?: number;
}

export type Condition =
  | { readonly is: 'outage' }
  | { readonly is: 'peak-window' }
  | { readonly is: 'dr-event' }
  | { readonly is: 'grid-demand-above'; readonly permille: number }
  | { readonly is: 'price-above'; readonly microsPerKWh: bigint }
  | { readonly is: 'temperature-outside'; readonly lowMilliC: number; readonly highMilliC: number }
  /** What is asked for of circuits and compute is above, or at most, what batteries can give now. */
  | { readonly is: 'load-above-batteries' }
  | { readonly is: 'load-within-batteries' }
  | { readonly is: 'load-below'; readonly limitW: bigint }
  /** No battery holds what its floor says, and there is one. */
  | { readonly is: 'battery-below-floor' }
  | { readonly is: 'claim'; readonly select: Selector }
  | { readonly is: 'no-claim'; readonly select: Selector };

/** An order of sources: kinds, or the batteries by what they hold, the fuller first and the `ess` at a tie. */
export type SourceRank = SourceKind | 'batteries-by-charge';

export type Effect =
  /** Charging goes on in this mode. */
  | { readonly do: 'mode'; readonly select: Selector; readonly mode: ChargingMode }
  | { readonly do: 'cap'; readonly select: Selector; readonly capW: bigint }
  /** Times parts per thousand, rounded down. */
  | { readonly do: 'scale'; readonly select: Selector; readonly permille: bigint }
  /** Down to its standby power. */
  | { readonly do: 'suspend'; readonly select: Selector }
  /** Down to its critical operations. */
  | { readonly do: 'critical-only'; readonly select: Selector }
  /** Bands above zero are served before, below zero after the ordinary ones. */
  | { readonly do: 'band'; readonly select: Selector; readonly band: number }
  /** Circuits in parts that have been empty for so long, when the saving until `overMs` from now is at least `savingWh`. */
  | {
      readonly do: 'switch-off-empty';
      readonly emptyForMs: number;
      readonly overMs: number;
      readonly savingWh: bigint;
    }
  /** Of claims that renewables alone fill, those of the battery that holds the least, in whole percent, are served first; the `ess` at a tie. */
  | { readonly do: 'surplus-to-lower-battery' }
  | { readonly do: 'sources'; readonly order: readonly SourceRank[] }
  | { readonly do: 'sources-off'; readonly kinds: readonly SourceKind[] }
  /** Asks people to take less; what is too much goes with it. */
  | { readonly do: 'notice'; readonly code: string; readonly to: readonly string[] };

export interface Rule {
  readonly name: string;
  /** All of them; a rule without conditions always holds. */
  readonly when: readonly Condition[];
  readonly then: readonly Effect[];
}

/** In which order claims of one band and priority are served. `share` serves them together, by weight. */
export type ServingOrder = 'llf' | 'edf' | 'fcfs' | 'share';

export interface Policy {
  readonly policyId: string;
  readonly version: number;
  readonly serve: ServingOrder;
  /** Which side is served first where nothing is urgent; claims of a kind that is not named are in band 0. */
  readonly bands: Readonly<Partial<Record<ClaimKind, number>>>;
  readonly modeTable: ModeTable;
  /** From first to last used. A kind that is not named is not used. */
  readonly sources: readonly SourceRank[];
  /** Power is kept free for a reservation from so long before its start. */
  readonly holdAheadMs: number;
  /** A notice is not given again to the same one within this time. */
  readonly noticeEveryMs: number;
  /** Whoever may exceed a soft limit, besides those whose deadline would be missed. */
  readonly aboveSoft: Selector;
  readonly rules: readonly Rule[];
}
