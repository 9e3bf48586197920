import { MILLI_WH_PER_WH, type MeterReading } from '@roamgrid/wire';
import type { EndReason } from '@roamgrid/domain';
import { gainOf, type RegisterTrack } from './register-track.ts';
import type { Told } from './transaction.ts';

/** What of a transaction the gateway is told, by the operator's own register: never more than what was agreed. */

const WMS_PER_MILLI_WH = 3_600n;
/** A gateway says stop so many reports ahead of the cap: until then what flows is still under it. */
const GRACE_REPORTS = 2;

/** Until when what flows counts, once the station was told to stop. */
const graceUntilMs = ({ reportEveryMs }: Told, atMs: number): number => atMs + GRACE_REPORTS * reportEveryMs;

const flowed = (powerW: bigint, fromMs: number, untilMs: number): bigint =>
  (powerW * BigInt(Math.max(0, untilMs - fromMs))) / WMS_PER_MILLI_WH;

const least = (first: bigint, ...others: readonly bigint[]): bigint =>
  others.reduce((low, other) => (other < low ? other : low), first);

/** A session that opened while energy flowed begins with the first reading after that: what flowed before is not its own. */
export const anchored = (told: Told, track: RegisterTrack | undefined): Told =>
  told.isFromNext && track !== undefined && track.last.atMs >= told.start.start.atMs
    ? { ...told, isFromNext: false, fromMilliWh: gainOf(track) }
    : told;

export interface TellableReading {
  readonly reading: MeterReading;
  /** What flowed and cannot be told. */
  readonly overMilliWh: bigint;
}

/**
 * The reading to tell when so much has flowed since the transaction began. Registers and instants only ascend; what a station
 * gives after it was told to stop, or past the agreed energy, stays out.
 */
export const tellable = (
  told: Told,
  flowedMilliWh: bigint,
  atMs: number,
  charging: boolean,
): TellableReading => {
  const { start, last, stop, fromMilliWh, energyLimitWh } = told;
  const base = start.start.registerMilliWh;
  const since = flowedMilliWh > fromMilliWh ? flowedMilliWh - fromMilliWh : 0n;
  const agreed = base + energyLimitWh * MILLI_WH_PER_WH;
  const untilMs = stop === undefined ? atMs : Math.min(atMs, graceUntilMs(told, stop.atMs));
  const stopped =
    stop === undefined
      ? agreed
      : stop.registerMilliWh + flowed(stop.powerW, stop.atMs, Math.max(untilMs, stop.atMs));
  const register = least(base + since, agreed, stopped);
  const registerMilliWh = register > last.registerMilliWh ? register : last.registerMilliWh;
  return {
    reading: { atMs: Math.max(untilMs, last.atMs), registerMilliWh, charging },
    overMilliWh: base + since > registerMilliWh ? base + since - registerMilliWh : 0n,
  };
};

/** Readings that wait for a gateway that is away; every second one goes when they are too many. */
const PENDING_KEPT = 1_000;
const bounded = (pending: readonly MeterReading[]): MeterReading[] =>
  pending.length <= PENDING_KEPT
    ? [...pending]
    : pending.filter((reading, at) => at % 2 === 0 || pending[at - 1]?.charging !== reading.charging);

/** Adds a reading, where it says something new. */
export const tell = (told: Told, reading: MeterReading): Told => {
  const { last, pending } = told;
  const passedMs = reading.atMs - last.atMs;
  if (passedMs <= 0) return told;
  const gain = reading.registerMilliWh - last.registerMilliWh;
  return {
    ...told,
    last: reading,
    lastPowerW: (gain * WMS_PER_MILLI_WH) / BigInt(passedMs),
    pending: bounded([...pending, reading]),
  };
};

/** From now on the station is to stop. The first reason stands. */
export const stopNow = (told: Told, reason: EndReason, powerW: bigint | undefined): Told => {
  const { stop, last, lastPowerW } = told;
  if (stop !== undefined) return told;
  const highestW = powerW !== undefined && powerW > lastPowerW ? powerW : lastPowerW;
  return {
    ...told,
    stop: { reason, atMs: last.atMs, registerMilliWh: last.registerMilliWh, powerW: highestW },
  };
};

/** Whether of all readings this one is nearest to the agreed energy, when the next comes as this one did. */
export const isAtLimit = (told: Told, before: MeterReading): boolean => {
  const agreed = told.start.start.registerMilliWh + told.energyLimitWh * MILLI_WH_PER_WH;
  const left = agreed - told.last.registerMilliWh;
  const gained = told.last.registerMilliWh - before.registerMilliWh;
  return left <= 0n || (gained > 0n && left * 2n <= gained);
};
