/** What is booked and running at stations, as intervals of power. */

export interface Station {
  readonly stationId: string;
  /** What charging and tasks together may take, W. */
  readonly powerW: bigint;
  readonly outlets: number;
  /** Ids of the outlets, where each is booked by itself: then one of them must be free throughout, and `outlets` does not count. */
  readonly outletIds?: readonly string[];
  /** False where no servers are to which a task could go. */
  readonly takesTasks?: boolean;
  /** From the driver's place, whole metres and ms. */
  readonly distanceM: number;
  readonly travelMs: number;
  readonly priceMicrosPerKWh: bigint;
}

export interface Interval {
  readonly intervalId: string;
  readonly stationId: string;
  /** A `reservation` takes an outlet, a `task` runs on the servers. */
  readonly kind: 'reservation' | 'task';
  readonly startMs: number;
  readonly endMs: number;
  readonly powerW: bigint;
  /** Of a reservation: the outlet that it takes. */
  readonly outletId?: string;
  /** A peripheral task may go on elsewhere; one that is sensitive to time may not. */
  readonly movable?: boolean;
}

const overlaps = (a: Interval, startMs: number, endMs: number): boolean =>
  a.startMs < endMs && startMs < a.endMs;

/** Intervals of a station that touch a span, in the order of their ends. */
export const within = (
  intervals: readonly Interval[],
  stationId: string,
  startMs: number,
  endMs: number,
): readonly Interval[] =>
  intervals
    .filter((interval) => interval.stationId === stationId && overlaps(interval, startMs, endMs))
    .sort((a, b) => a.endMs - b.endMs || (a.intervalId < b.intervalId ? -1 : 1));

/** The instants of a span at which something begins, its start among them. */
const beginnings = (present: readonly Interval[], startMs: number): readonly number[] => [
  startMs,
  ...present.map((interval) => interval.startMs).filter((beginMs) => beginMs > startMs),
];

const at = (present: readonly Interval[], instantMs: number): readonly Interval[] =>
  present.filter((interval) => interval.startMs <= instantMs && instantMs < interval.endMs);

/** Power that is free at a station throughout a span, W; never negative. */
export const freeW = (
  intervals: readonly Interval[],
  { stationId, powerW }: Station,
  startMs: number,
  endMs: number,
): bigint => {
  const present = within(intervals, stationId, startMs, endMs);
  let leastW = powerW;
  for (const instantMs of beginnings(present, startMs)) {
    const usedW = at(present, instantMs).reduce((sum, interval) => sum + interval.powerW, 0n);
    if (powerW - usedW < leastW) leastW = powerW - usedW;
  }
  return leastW > 0n ? leastW : 0n;
};

/** The first outlet of a station that nothing takes throughout a span. */
export const freeOutlet = (
  intervals: readonly Interval[],
  { stationId, outletIds = [] }: Station,
  startMs: number,
  endMs: number,
): string | undefined => {
  const taken = new Set(within(intervals, stationId, startMs, endMs).map(({ outletId }) => outletId));
  return outletIds.find((outletId) => !taken.has(outletId));
};

/** True when an outlet is free at a station throughout a span. */
export const hasOutlet = (
  intervals: readonly Interval[],
  station: Station,
  startMs: number,
  endMs: number,
): boolean => {
  const { stationId, outlets, outletIds } = station;
  if (outletIds !== undefined) return freeOutlet(intervals, station, startMs, endMs) !== undefined;
  const present = within(intervals, stationId, startMs, endMs).filter(({ kind }) => kind === 'reservation');
  return beginnings(present, startMs).every((instantMs) => at(present, instantMs).length < outlets);
};

/** A task that goes on at another station from an instant on, under its own id. */
export interface Move {
  readonly intervalId: string;
  readonly fromStationId: string;
  readonly toStationId: string;
  readonly fromMs: number;
}

/** Intervals after moves: what a task did before stays where it was. */
export const withMoves = (intervals: readonly Interval[], moves: readonly Move[]): readonly Interval[] =>
  moves.reduce(
    (now, { intervalId, fromStationId, toStationId, fromMs }) =>
      now.flatMap((interval): readonly Interval[] => {
        const isMeant = interval.intervalId === intervalId && interval.stationId === fromStationId;
        if (!isMeant || interval.endMs <= fromMs) return [interval];
        const stays = interval.startMs < fromMs ? [{ ...interval, endMs: fromMs }] : [];
        return [
          ...stays,
          { ...interval, stationId: toStationId, startMs: Math.max(interval.startMs, fromMs) },
        ];
      }),
    intervals,
  );
