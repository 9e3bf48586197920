/** What is booked and running at stations, as intervals of power. */

export interface Station {
  readonly stationId: string;
  /** What charging and tasks together may take, W. */
  readonly powerW: bigint;
  readonly outlets: number;
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

/** True when an outlet is free at a station throughout a span. */
export const hasOutlet = (
  intervals: readonly Interval[],
  { stationId, outlets }: Station,
  startMs: number,
  endMs: number,
): boolean => {
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
