/** Intervals of an adjustment in parts per million, each named by who set it. */

export interface Bound {
  readonly setBy: string;
  /** Absent: no limit downwards. */
  readonly minPpm?: bigint;
  /** Absent: no limit upwards. */
  readonly maxPpm?: bigint;
}

export interface Limit {
  readonly setBy: string;
  readonly ppm: bigint;
}

/** What all bounds have in common, and who set its two ends. It may be empty: `lowest` above `highest`. */
export interface CommonInterval {
  readonly lowest?: Limit;
  readonly highest?: Limit;
}

/** The tighter of two limits; of two that are as tight, the one whose name comes first, so that order is no matter. */
const tighter = (a: Limit | undefined, b: Limit, sign: bigint): Limit => {
  if (a === undefined) return b;
  if (a.ppm === b.ppm) return a.setBy <= b.setBy ? a : b;
  return (a.ppm - b.ppm) * sign > 0n ? a : b;
};

/** Intersects bounds. The order of the list does not change the result. */
export const intersectBounds = (bounds: readonly Bound[]): CommonInterval => {
  let lowest: Limit | undefined;
  let highest: Limit | undefined;
  for (const { setBy, minPpm, maxPpm } of bounds) {
    if (minPpm !== undefined) lowest = tighter(lowest, { setBy, ppm: minPpm }, 1n);
    if (maxPpm !== undefined) highest = tighter(highest, { setBy, ppm: maxPpm }, -1n);
  }
  return { ...(lowest && { lowest }), ...(highest && { highest }) };
};
