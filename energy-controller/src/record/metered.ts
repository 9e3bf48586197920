import type { SignedInterval } from '@roamgrid/wire';

/** Signed intervals of one meter, oldest first. */
export type Metered = readonly SignedInterval[];

/** Whether a meter has signed everything up to an instant. */
export const isSignedUntil = (metered: Metered, atMs: number): boolean => (metered.at(-1)?.toMs ?? 0) >= atMs;

/**
 * What a register showed at an instant, mWh rounded down: within an interval as if it had grown evenly, after the last one what that
 * ended with.
 */
export const registerAt = (metered: Metered, atMs: number): bigint => {
  const after = metered.find(({ toMs }) => toMs >= atMs);
  if (after === undefined) return metered.at(-1)?.toRegisterMilliWh ?? 0n;
  const { fromMs, toMs, fromRegisterMilliWh, toRegisterMilliWh } = after;
  if (atMs <= fromMs) return fromRegisterMilliWh;
  const grownMilliWh = toRegisterMilliWh - fromRegisterMilliWh;
  return fromRegisterMilliWh + (grownMilliWh * BigInt(atMs - fromMs)) / BigInt(toMs - fromMs);
};

/** What all meters counted between two instants, mWh. */
export const meteredBetween = (meters: readonly Metered[], fromMs: number, untilMs: number): bigint =>
  meters.reduce((sum, metered) => sum + registerAt(metered, untilMs) - registerAt(metered, fromMs), 0n);
