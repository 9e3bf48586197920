/** Limits over time that a charger follows, as charging profiles of OCPP have them. */

export interface SchedulePeriod {
  /** From so long after the schedule's start. */
  readonly offsetMs: number;
  readonly limitW: bigint;
}

export interface ChargingSchedule {
  readonly startMs: number;
  /** Of a schedule that has an end; from it on the schedule says nothing. */
  readonly durationMs?: number;
  /** In any order. */
  readonly periods: readonly SchedulePeriod[];
  /** The highest that says something holds; of two alike the one that started later. */
  readonly stackLevel: number;
  readonly validFromMs?: number;
  readonly validToMs?: number;
}

const saysAt = (schedule: ChargingSchedule, nowMs: number): bigint | undefined => {
  const { startMs, durationMs, validFromMs = startMs, validToMs = Infinity } = schedule;
  if (nowMs < startMs || nowMs < validFromMs || nowMs >= validToMs) return undefined;
  if (durationMs !== undefined && nowMs >= startMs + durationMs) return undefined;
  let latest: SchedulePeriod | undefined;
  for (const period of schedule.periods)
    if (startMs + period.offsetMs <= nowMs && (latest === undefined || period.offsetMs >= latest.offsetMs))
      latest = period;
  return latest?.limitW;
};

/**
 * The limit that holds at an instant, W, or undefined when no schedule says anything.
 * Spec: OCPP 2.0.1 part 2, K: of profiles with one purpose the highest stack level that is valid prevails.
 */
export const scheduledLimitW = (
  schedules: readonly ChargingSchedule[],
  nowMs: number,
): bigint | undefined => {
  let best: ChargingSchedule | undefined;
  let limitW: bigint | undefined;
  for (const schedule of schedules) {
    const saidW = saysAt(schedule, nowMs);
    if (saidW === undefined) continue;
    const isHigher =
      best === undefined ||
      schedule.stackLevel > best.stackLevel ||
      (schedule.stackLevel === best.stackLevel && schedule.startMs > best.startMs);
    if (!isHigher) continue;
    best = schedule;
    limitW = saidW;
  }
  return limitW;
};

/** True once every schedule that a claim has is over: a charger that follows them has stopped. */
export const areSchedulesOver = (schedules: readonly ChargingSchedule[], nowMs: number): boolean =>
  schedules.length > 0 &&
  schedules.every(
    ({ startMs, durationMs, validToMs = Infinity }) =>
      nowMs >= Math.min(validToMs, durationMs === undefined ? Infinity : startMs + durationMs),
  );

/** When a schedule next says something else, ms; undefined when never. */
export const nextScheduleChangeMs = (
  schedules: readonly ChargingSchedule[],
  nowMs: number,
): number | undefined => {
  const edges = schedules.flatMap(({ startMs, durationMs, periods, validFromMs, validToMs }) => [
    startMs,
    ...periods.map(({ offsetMs }) => startMs + offsetMs),
    ...(durationMs === undefined ? [] : [startMs + durationMs]),
    ...(validFromMs === undefined ? [] : [validFromMs]),
    ...(validToMs === undefined ? [] : [validToMs]),
  ]);
  const later = edges.filter((edgeMs) => edgeMs > nowMs);
  return later.length === 0 ? undefined : Math.min(...later);
};
