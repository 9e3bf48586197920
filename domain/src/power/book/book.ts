import { byText } from '../model/phases.ts';
import { freeW, hasOutlet, within, withMoves, type Interval, type Move, type Station } from './calendar.ts';

/** A driver's wish to charge at a station in a span. */
export interface BookingRequest {
  readonly requestId: string;
  readonly stationId: string;
  readonly startMs: number;
  readonly endMs: number;
  /** What the car takes, W, and the least that the driver would take as a slow charge. */
  readonly powerW: bigint;
  readonly leastW: bigint;
  readonly needWh: bigint;
  /** So long the driver waits for a task that is about to end, ms. */
  readonly patienceMs: number;
  /** Served in this order when several ask at once, 1 before 2: loyalty levels. */
  readonly priority: number;
  readonly askedMs: number;
}

export interface Booked {
  readonly stationId: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly powerW: bigint;
}

export interface Alternative extends Booked {
  readonly distanceM: number;
  readonly travelMs: number;
  readonly priceMicros: bigint;
}

export type BookingAnswer =
  /** `afterTasks`: these are finished first, and the booking starts with their end. */
  | { readonly outcome: 'granted'; readonly booked: Booked; readonly afterTasks: readonly string[] }
  | { readonly outcome: 'moved'; readonly booked: Booked; readonly moves: readonly Move[] }
  /** An offer of slow charging that the driver accepts or declines. */
  | {
      readonly outcome: 'partial';
      readonly offer: Booked;
      readonly durationMs: number;
      readonly priceMicros: bigint;
      readonly alternatives: readonly Alternative[];
    }
  | {
      readonly outcome: 'denied';
      readonly why: 'STATION_UNKNOWN' | 'SPAN_INVALID' | 'OUTLET_TAKEN' | 'POWER_TAKEN';
      readonly alternatives: readonly Alternative[];
    };

export type RankBy = 'distance' | 'travel' | 'price' | 'time';

export interface BookingBlock {
  readonly stations: readonly Station[];
  readonly intervals: readonly Interval[];
  /** How alternatives are ranked: by the first of these, then the next at a tie. */
  readonly rankBy: readonly RankBy[];
}

const MS_PER_HOUR = 3_600_000n;
const WH_PER_KWH = 1_000n;

/** Whole milliseconds that an energy takes, rounded up. */
const durationOf = (needWh: bigint, powerW: bigint): number =>
  Number((needWh * MS_PER_HOUR + powerW - 1n) / powerW);

/** Rounded up to whole micros. */
const priceOf = (needWh: bigint, { priceMicrosPerKWh }: Station): bigint =>
  (needWh * priceMicrosPerKWh + WH_PER_KWH - 1n) / WH_PER_KWH;

const bookedAt = (
  { powerW }: BookingRequest,
  { stationId }: Station,
  startMs: number,
  endMs: number,
): Booked => ({
  stationId,
  startMs,
  endMs,
  powerW,
});

const fits = (
  intervals: readonly Interval[],
  station: Station,
  request: BookingRequest,
  startMs: number,
): boolean => {
  const endMs = startMs + (request.endMs - request.startMs);
  return (
    hasOutlet(intervals, station, startMs, endMs) &&
    freeW(intervals, station, startMs, endMs) >= request.powerW
  );
};

/** The earliest start within the driver's patience at which a task has ended that is in the way now. */
const afterTasks = (
  intervals: readonly Interval[],
  station: Station,
  request: BookingRequest,
): Extract<BookingAnswer, { outcome: 'granted' }> | undefined => {
  const { startMs, endMs, patienceMs } = request;
  const tasks = within(intervals, station.stationId, startMs, endMs).filter(({ kind }) => kind === 'task');
  const ending = tasks.filter((task) => task.startMs <= startMs && task.endMs - startMs <= patienceMs);
  for (const { endMs: laterMs } of ending) {
    if (!fits(intervals, station, request, laterMs)) continue;
    return {
      outcome: 'granted',
      booked: bookedAt(request, station, laterMs, laterMs + (endMs - startMs)),
      afterTasks: ending.filter((task) => task.endMs <= laterMs).map(({ intervalId }) => intervalId),
    };
  }
  return undefined;
};

/** Tasks that go on elsewhere so that the booking fits: the smallest that suffices alone, else the largest ones first. */
const byMoving = (
  { stations, intervals }: BookingBlock,
  station: Station,
  request: BookingRequest,
): Extract<BookingAnswer, { outcome: 'moved' }> | undefined => {
  const { startMs, endMs } = request;
  if (!hasOutlet(intervals, station, startMs, endMs)) return undefined;
  const lackingW = request.powerW - freeW(intervals, station, startMs, endMs);
  const movable = within(intervals, station.stationId, startMs, endMs)
    .filter(({ kind, movable: may }) => kind === 'task' && may === true)
    .sort((a, b) => {
      const [first, second] = [a.powerW >= lackingW, b.powerW >= lackingW];
      if (first !== second) return first ? -1 : 1;
      if (a.powerW === b.powerW) return byText(a.intervalId, b.intervalId);
      return a.powerW < b.powerW === first ? -1 : 1;
    });
  let left = intervals;
  const moves: Move[] = [];
  for (const task of movable) {
    const fromMs = Math.max(startMs, task.startMs);
    const target = stations
      .filter(({ stationId, takesTasks }) => stationId !== station.stationId && takesTasks !== false)
      .sort((a, b) => byText(a.stationId, b.stationId))
      .find((other) => freeW(left, other, fromMs, task.endMs) >= task.powerW);
    if (target === undefined) continue;
    const move = {
      intervalId: task.intervalId,
      fromStationId: station.stationId,
      toStationId: target.stationId,
      fromMs,
    };
    left = withMoves(left, [move]);
    moves.push(move);
    if (fits(left, station, request, startMs))
      return { outcome: 'moved', booked: bookedAt(request, station, startMs, endMs), moves };
  }
  return undefined;
};

const KEY: Readonly<Record<RankBy, (a: Alternative, b: Alternative) => number>> = {
  distance: (a, b) => a.distanceM - b.distanceM,
  travel: (a, b) => a.travelMs - b.travelMs,
  price: (a, b) => (a.priceMicros < b.priceMicros ? -1 : a.priceMicros > b.priceMicros ? 1 : 0),
  time: (a, b) => a.startMs - b.startMs,
};

/** Other stations that have the wished power free, the best first. */
const alternativesTo = (
  { stations, intervals, rankBy }: BookingBlock,
  request: BookingRequest,
): readonly Alternative[] =>
  stations
    .filter(
      (station) =>
        station.stationId !== request.stationId && fits(intervals, station, request, request.startMs),
    )
    .map((station) => ({
      ...bookedAt(request, station, request.startMs, request.endMs),
      distanceM: station.distanceM,
      travelMs: station.travelMs,
      priceMicros: priceOf(request.needWh, station),
    }))
    .sort((a, b) => {
      for (const key of rankBy) {
        const order = KEY[key](a, b);
        if (order !== 0) return order;
      }
      return byText(a.stationId, b.stationId);
    });

/**
 * Whether a wish can be booked: as it is, after a task that is about to end, after moving tasks, slower, or not, then with where it could be.
 * It changes nothing: whoever books writes the interval, and asks anew when another was faster.
 */
export const book = (block: BookingBlock, request: BookingRequest): BookingAnswer => {
  const { intervals, stations } = block;
  const { startMs, endMs, powerW, leastW, needWh } = request;
  const deny = (why: Extract<BookingAnswer, { outcome: 'denied' }>['why']): BookingAnswer => ({
    outcome: 'denied',
    why,
    alternatives: why === 'SPAN_INVALID' ? [] : alternativesTo(block, request),
  });
  if (!(startMs < endMs) || powerW <= 0n || leastW <= 0n || needWh < 0n) return deny('SPAN_INVALID');
  const station = stations.find(({ stationId }) => stationId === request.stationId);
  if (station === undefined) return deny('STATION_UNKNOWN');
  if (fits(intervals, station, request, startMs))
    return { outcome: 'granted', booked: bookedAt(request, station, startMs, endMs), afterTasks: [] };
  const changed = afterTasks(intervals, station, request) ?? byMoving(block, station, request);
  if (changed !== undefined) return changed;
  if (!hasOutlet(intervals, station, startMs, endMs)) return deny('OUTLET_TAKEN');

  const offeredW = freeW(intervals, station, startMs, endMs);
  if (offeredW < leastW) return deny('POWER_TAKEN');
  // Slower takes longer; where the power is not free for so long, the offer ends with the wished span.
  const wholeMs = Math.max(durationOf(needWh, offeredW), endMs - startMs);
  const isWhole =
    freeW(intervals, station, startMs, startMs + wholeMs) >= offeredW &&
    hasOutlet(intervals, station, startMs, startMs + wholeMs);
  const durationMs = isWhole ? wholeMs : endMs - startMs;
  const deliveredWh = (offeredW * BigInt(durationMs)) / MS_PER_HOUR;
  return {
    outcome: 'partial',
    offer: { stationId: station.stationId, startMs, endMs: startMs + durationMs, powerW: offeredW },
    durationMs,
    priceMicros: priceOf(deliveredWh < needWh ? deliveredWh : needWh, station),
    alternatives: alternativesTo(block, request),
  };
};

/** Who is heard first when several ask at once: by loyalty, then by who asked first. */
export const byBookingOrder = (a: BookingRequest, b: BookingRequest): number =>
  a.priority - b.priority || a.askedMs - b.askedMs || byText(a.requestId, b.requestId);
