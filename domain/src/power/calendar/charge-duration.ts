import { nextScheduleChangeMs, scheduledLimitW, type ChargingSchedule } from '../model/schedule.ts';

export interface ChargeSpan {
  readonly needWh: bigint;
  readonly fromMs: number;
  /** Nobody looks further. */
  readonly untilMs: number;
  /** What may flow at most, W. */
  readonly mostW: bigint;
  /** Schedules by what they are for: no more flows than each of them says, where it says anything. */
  readonly purposes: readonly (readonly ChargingSchedule[])[];
}

const MS_PER_HOUR = 3_600_000n;

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** How long a charge takes that draws all that it may, ms rounded up; undefined when it does not have what it needs by then. */
export const chargeDurationMs = (span: ChargeSpan): number | undefined => {
  const { needWh, fromMs, untilMs, mostW, purposes } = span;
  let openWms = needWh * MS_PER_HOUR;
  if (openWms <= 0n) return 0;
  for (let atMs = fromMs; atMs < untilMs;) {
    const now = atMs;
    const powerW = purposes.reduce(
      (lowestW, schedules) => least(lowestW, scheduledLimitW(schedules, now) ?? lowestW),
      mostW,
    );
    const changes = purposes.map((schedules) => nextScheduleChangeMs(schedules, now) ?? Infinity);
    const nextMs = Math.min(untilMs, ...changes);
    const flowsWms = powerW * BigInt(nextMs - now);
    if (powerW > 0n && flowsWms >= openWms) return now - fromMs + Number((openWms + powerW - 1n) / powerW);
    openWms -= flowsWms;
    atMs = nextMs;
  }
  return undefined;
};
