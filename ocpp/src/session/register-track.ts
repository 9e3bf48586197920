import { energyMilliWhCodec, instantMs } from '@roamgrid/wire';
import { z } from 'zod';

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

/** Two readings of one instant may be told seconds apart. */
const ALLOWANCE_MS = 10_000n;
/** A meter's error and a supply above its rated voltage, per cent. */
const ABOVE_RATED_PERCENT = 110n;
/** W·ms in a milliwatt-hour. */
const WMS_PER_MILLI_WH = 3_600n;

const apart = (a: number, b: number): bigint => BigInt(Math.abs(a - b));

/** The most that an outlet carries between two points. A station's clock may stand still or run ahead, and messages pile up. */
const carriedMilliWh = (from: RegisterPoint, to: RegisterPoint, maxPowerW: bigint): bigint => {
  const byOurs = apart(from.atMs, to.atMs);
  const byStation = apart(from.stationMs, to.stationMs);
  const passedMs = (byOurs > byStation ? byOurs : byStation) + ALLOWANCE_MS;
  return (maxPowerW * passedMs * ABOVE_RATED_PERCENT) / (100n * WMS_PER_MILLI_WH);
};

const follows = (from: RegisterPoint, to: RegisterPoint, maxPowerW: bigint): boolean => {
  const gain = to.registerMilliWh - from.registerMilliWh;
  return gain >= 0n && gain <= carriedMilliWh(from, to, maxPowerW);
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

const moved = (track: RegisterTrack, to: RegisterPoint, maxPowerW: bigint): RegisterTrack => {
  if (follows(track.last, to, maxPowerW)) return { ...without(track), last: to };
  const { suspect } = track;
  if (suspect !== undefined && isAfter(to, suspect) && follows(suspect, to, maxPowerW))
    return nextStretch(track, suspect, to);
  const isJump = to.registerMilliWh > track.last.registerMilliWh;
  return isJump || isReset(track, to) ? { ...track, suspect: to } : track;
};

/** The begin may be told after what follows it. */
const begun = (track: RegisterTrack, begin: RegisterPoint, maxPowerW: bigint): RegisterTrack => {
  const isFirst = !track.isBegin && follows(begin, track.begin, maxPowerW);
  if (!isFirst) return track;
  const lateMilliWh = track.begin.registerMilliWh - begin.registerMilliWh;
  return { ...track, begin, isBegin: true, lateMilliWh };
};

export const trackRegister = (
  track: RegisterTrack | undefined,
  to: RegisterPoint,
  { isBegin, maxPowerW }: { readonly isBegin: boolean; readonly maxPowerW: bigint },
): RegisterTrack => {
  if (track === undefined)
    return {
      ...{ begin: to, isBegin, last: to, lateMilliWh: 0n, beforeMilliWh: 0n },
      ...{ refusedMilliWh: 0n, resets: 0, jumps: 0 },
    };
  return isBegin ? begun(track, to, maxPowerW) : moved(track, to, maxPowerW);
};
