/** What is known of the world at an instant: everything is a reading, none is asked for by the core. */

export interface Window {
  readonly startMs: number;
  readonly endMs: number;
}

/** A demand-response event: the connection takes no more than `capW` while it lasts. */
export interface DrEvent extends Window {
  readonly eventId: string;
  readonly capW: bigint;
}

export interface Signals {
  /** Demand of the grid, parts per thousand of what it is built for. */
  readonly gridDemandPermille?: number;
  readonly priceMicrosPerKWh?: bigint;
  readonly peakWindows?: readonly Window[];
  readonly drEvents?: readonly DrEvent[];
  /** The grid gives nothing. */
  readonly outage?: boolean;
  readonly temperatureMilliC?: number;
  /** The battery that goes first among `batteries-by-charge` whatever others hold, so that two alike do not take turns. */
  readonly leadingSourceId?: string;
  /** Since when a part of the building has been empty; absent while somebody is there. */
  readonly emptySinceMs?: Readonly<Record<string, number>>;
  /** Notices that were given already, so that none is repeated within `Policy.noticeEveryMs`. */
  readonly noticed?: readonly { readonly key: string; readonly atMs: number }[];
}

export const isWithin = (windows: readonly Window[] | undefined, nowMs: number): boolean =>
  windows?.some(({ startMs, endMs }) => startMs <= nowMs && nowMs < endMs) ?? false;
