import { energyMilliWhCodec, instantMs } from '@roamgrid/wire';
import { z } from 'zod';
import { LIVE_MS } from './message-time.ts';

/**
 * From what a station tells of a register to the energy that counts. Only what the register moved by is energy, never what it
 * shows: of messages that come late or in another order, of a register that was reset or jumps, never more comes out than
 * what it moved by.
 */

const point = z.strictObject({
  registerMilliWh: energyMilliWhCodec,
  /** By our clock, and by the station's. */
  atMs: instantMs,
  stationMs: z.int(),
});
export type RegisterPoint = z.output<typeof point>;

export const registerTrack = z.strictObject({
  /** Since when it is told of, or when the transaction began, by our clock. */
  sinceMs: instantMs,
  /** Where the present stretch of the register began. */
  begin: point,
  /** Whether the station called it the transaction's begin. */
  isBegin: z.boolean(),
  /** The furthest that it has come. */
  last: point,
  /** What a begin that was told late put before what was known. */
  lateMilliWh: energyMilliWhCodec,
  /** Of stretches before a reset or jump. */
  beforeMilliWh: energyMilliWhCodec,
  /** What does not follow from `last`: it counts from here on when the next one follows from it. */
  suspect: point.exactOptional(),
  /** What jumps before this stretch claimed. */
  refusedMilliWh: energyMilliWhCodec,
  resets: z.int().min(0),
  jumps: z.int().min(0),
});
export type RegisterTrack = z.output<typeof registerTrack>;

/** How a point was told. */
interface Telling {
  /** Whether it is the transaction's begin. */
  readonly isBegin: boolean;
  /** Whether it was told when it happened. */
  readonly isLive: boolean;
  /** When it came, by our clock. */
  readonly cameMs: number;
  readonly maxPowerW: bigint;
}

/** Two readings of one instant may be told seconds apart. */
const ALLOWANCE_MS = 10_000n;
/** A meter's error and a supply above its rated voltage, per cent. */
const ABOVE_RATED_PERCENT = 110n;
/** W·ms in a milliwatt-hour. */
const WMS_PER_MILLI_WH = 3_600n;

/** The most that an outlet carries in a time. */
const carriedMilliWh = (passedMs: number, maxPowerW: bigint): bigint =>
  (maxPowerW * (BigInt(passedMs) + ALLOWANCE_MS) * ABOVE_RATED_PERCENT) / (100n * WMS_PER_MILLI_WH);

/**
 * The time between two points. Messages pile up, so that it is what the station's clock says where that is more; of live ones by
 * no more than they may be late.
 */
const passedMs = (from: RegisterPoint, to: RegisterPoint, isLive: boolean): number => {
  const byOurs = Math.abs(to.atMs - from.atMs);
  const byStation = Math.abs(to.stationMs - from.stationMs);
  return Math.max(byOurs, isLive ? Math.min(byStation, byOurs + LIVE_MS) : byStation);
};

const follows = (from: RegisterPoint, to: RegisterPoint, { isLive, maxPowerW }: Telling): boolean => {
  const gain = to.registerMilliWh - from.registerMilliWh;
  return gain >= 0n && gain <= carriedMilliWh(passedMs(from, to, isLive), maxPowerW);
};

/** Told later, and later by the station's own clock. */
const isAfter = (point: RegisterPoint, other: RegisterPoint): boolean =>
  point.atMs >= other.atMs && point.stationMs >= other.stationMs;

/** What the register moved by. */
export const gainOf = (track: RegisterTrack | undefined): bigint =>
  track === undefined ? 0n : track.beforeMilliWh + track.last.registerMilliWh - track.begin.registerMilliWh;

/** Energy that jumps claimed and the outlet cannot have carried: it does not count. */
export const refusedOf = ({ refusedMilliWh, suspect, last }: RegisterTrack): bigint => {
  const claimed = (suspect?.registerMilliWh ?? 0n) - last.registerMilliWh;
  return claimed > 0n ? refusedMilliWh + claimed : refusedMilliWh;
};

const without = ({ suspect: _suspect, ...track }: RegisterTrack): RegisterTrack => track;

/** Two points that follow from each other and not from the stretch before are a stretch of their own. */
const nextStretch = (track: RegisterTrack, suspect: RegisterPoint, to: RegisterPoint): RegisterTrack => {
  const isReset = suspect.registerMilliWh < track.last.registerMilliWh;
  return {
    ...without(track),
    begin: suspect,
    isBegin: true,
    last: to,
    beforeMilliWh: gainOf(track),
    refusedMilliWh: refusedOf(track),
    resets: track.resets + (isReset ? 1 : 0),
    jumps: track.jumps + (isReset ? 0 : 1),
  };
};

/** A fall that stays above where the stretch began is a message that came late. */
const isReset = (track: RegisterTrack, to: RegisterPoint): boolean =>
  to.registerMilliWh < track.begin.registerMilliWh && isAfter(to, track.last);

/** However many messages tell of it and whatever the station's clock says, all of it flowed since the transaction began. */
const isCarried = (track: RegisterTrack, { cameMs, maxPowerW }: Telling): boolean =>
  gainOf(track) <= carriedMilliWh(Math.max(0, cameMs - track.sinceMs), maxPowerW);

/** The track with this point, where it follows from one that is known. */
const followed = (track: RegisterTrack, to: RegisterPoint, telling: Telling): RegisterTrack | undefined => {
  const { last, suspect } = track;
  if (follows(last, to, telling)) return { ...without(track), last: to };
  return suspect !== undefined && isAfter(to, suspect) && follows(suspect, to, telling)
    ? nextStretch(track, suspect, to)
    : undefined;
};

const moved = (track: RegisterTrack, to: RegisterPoint, telling: Telling): RegisterTrack => {
  const next = followed(track, to, telling);
  if (next !== undefined && isCarried(next, telling)) return next;
  const isJump = to.registerMilliWh > track.last.registerMilliWh;
  return isJump || isReset(track, to) ? { ...track, suspect: to } : track;
};

/** The begin may be told after what follows it. */
const begun = (track: RegisterTrack, begin: RegisterPoint, telling: Telling): RegisterTrack => {
  if (track.isBegin || !follows(begin, track.begin, telling)) return track;
  const sinceMs = Math.min(track.sinceMs, begin.atMs);
  const lateMilliWh = track.begin.registerMilliWh - begin.registerMilliWh;
  const earlier = { ...track, sinceMs, begin, isBegin: true, lateMilliWh };
  return isCarried(earlier, telling) ? earlier : track;
};

export const trackRegister = (
  track: RegisterTrack | undefined,
  to: RegisterPoint,
  telling: Telling,
): RegisterTrack => {
  const { isBegin } = telling;
  if (track !== undefined) return isBegin ? begun(track, to, telling) : moved(track, to, telling);
  return {
    ...{ sinceMs: to.atMs, begin: to, isBegin, last: to, lateMilliWh: 0n, beforeMilliWh: 0n },
    ...{ refusedMilliWh: 0n, resets: 0, jumps: 0 },
  };
};
