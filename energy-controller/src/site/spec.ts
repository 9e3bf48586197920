import type { PowerNode } from '@roamgrid/domain/power';

/** What a load takes is counted here; `aloneW` is what it may take when nobody tells it anything. */
export interface LoadSpec {
  readonly loadId: string;
  readonly nodeId: string;
  readonly aloneW: bigint;
}

export interface SourceSpec {
  readonly sourceId: string;
  /** Readings older than this are not believed, unless the device says something else, ms. */
  readonly staleAfterMs: number;
}

/** Times of a site, ms. */
export interface SiteTimes {
  /** How long a decision holds, and how often one is made. */
  readonly tickMs: number;
  /** Bound of one reading, and of one telling, of one device. */
  readonly readMs: number;
  readonly tellMs: number;
  /** How long devices keep what they were told. */
  readonly grantMs: number;
  /** By how much a device's clock may be behind ours. */
  readonly slackMs: number;
}

export interface GuardSpec {
  readonly everyMs: number;
  /** How long measured power may be above the budget before the guard trips. */
  readonly toleranceMs: number;
  /** What meters may be off by: this much above the budget is not above it, parts per thousand. */
  readonly marginPermille: bigint;
  /** How long no meter may tell anything. */
  readonly blindMs: number;
  /** After so long within the budget it resets itself; never when absent. */
  readonly coolDownMs: number | undefined;
}

export interface PlanningSpec {
  /** Length of a slot of the plan, ms. */
  readonly slotMs: number;
  readonly slots: number;
}

/** A site as it is built: none of it changes while the service runs. */
export interface SiteSpec {
  readonly siteId: string;
  readonly volts: bigint;
  readonly lanes: 1 | 3;
  readonly nodes: readonly PowerNode[];
  readonly loads: readonly LoadSpec[];
  readonly sources: readonly SourceSpec[];
  readonly times: SiteTimes;
  readonly guard: GuardSpec;
  readonly planning: PlanningSpec | undefined;
}
