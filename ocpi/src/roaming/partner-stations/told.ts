import { END_REASONS } from '@roamgrid/domain';
import {
  energyMilliWhCodec,
  energyWhCodec,
  instantMs,
  meterReading,
  MILLI_WH_PER_WH,
  powerWCodec,
  sessionId,
  startRequest,
} from '@roamgrid/wire';
import { z } from 'zod';

/** What the gateway was told of a partner's session, by the operator's own register of the outlet. Times are the gateway's. */
const told = z.strictObject({
  sessionId,
  start: startRequest,
  /** Binds the consent into the operator's statement. */
  tariffText: z.string(),
  validUntilMs: instantMs,
  /** What had flowed before the session opened. */
  fromMilliWh: energyMilliWhCodec,
  energyLimitWh: energyWhCodec,
  reportEveryMs: z.int(),
  last: meterReading,
  /** Power over the time between the last two readings. */
  lastPowerW: powerWCodec,
  sequence: z.int().min(0),
  /** Where the session stood when it was to stop, and why. */
  stop: z
    .strictObject({ reason: z.enum(END_REASONS), atMs: instantMs, registerMilliWh: energyMilliWhCodec })
    .exactOptional(),
});
export type Told = z.output<typeof told>;

export const toldText = (value: Told): string => JSON.stringify(z.encode(told, value));
export const toldOf = (text: string): Told => told.parse(JSON.parse(text));

const WMS_PER_MILLI_WH = 3_600n;
/** A gateway says stop so many reports ahead of the cap: until then what flows is still under it. */
const GRACE_REPORTS = 2n;

export interface Tellable {
  /** Of the operator's register. */
  readonly registerMilliWh: bigint;
  /** What flowed past what was agreed, or after a stop. */
  readonly overMilliWh: bigint;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** Where the operator's register stands when the partner states so much: never past what was agreed. */
export const tellable = (value: Told, milliWh: bigint): Tellable => {
  const { start, fromMilliWh, energyLimitWh, stop, lastPowerW, reportEveryMs } = value;
  const base = start.start.registerMilliWh;
  const gained = milliWh > fromMilliWh ? milliWh - fromMilliWh : 0n;
  const agreed = base + energyLimitWh * MILLI_WH_PER_WH;
  const grace = (lastPowerW * BigInt(reportEveryMs) * GRACE_REPORTS) / WMS_PER_MILLI_WH;
  const most = stop === undefined ? agreed : least(agreed, stop.registerMilliWh + grace);
  const registerMilliWh = least(base + gained, most);
  return { registerMilliWh, overMilliWh: base + gained - registerMilliWh };
};

/** With one more reading, where it says something new; what falls is left to the end. */
export const tell = (value: Told, registerMilliWh: bigint, atMs: number, isCharging: boolean): Told => {
  const { last } = value;
  const gained = registerMilliWh - last.registerMilliWh;
  const passedMs = atMs - last.atMs;
  if (passedMs <= 0 || gained < 0n) return value;
  return {
    ...value,
    last: { atMs, registerMilliWh, charging: isCharging },
    lastPowerW: (gained * WMS_PER_MILLI_WH) / BigInt(passedMs),
  };
};

export const stopNow = (value: Told, reason: NonNullable<Told['stop']>['reason']): Told => {
  const { stop, last } = value;
  if (stop !== undefined) return value;
  return { ...value, stop: { reason, atMs: last.atMs, registerMilliWh: last.registerMilliWh } };
};
