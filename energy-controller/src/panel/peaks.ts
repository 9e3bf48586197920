import type { Window } from '@roamgrid/domain/power';
import { resolveZone } from '@roamgrid/domain';
import type { PeakSchedule } from '@roamgrid/wire';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
/** Days about an instant whose windows may hold at it, or begin soon. */
const DAYS = [-1, 0, 1];

/** Minutes by which the zone's clock is before UTC at an instant. */
const offsetAt = (zone: string, nowMs: number): number | undefined => {
  const offsets = resolveZone(zone, nowMs - DAY_MS, nowMs + DAY_MS);
  if (!offsets.ok) return undefined;
  const held = offsets.value.filter(({ fromMs }) => fromMs <= nowMs).at(-1) ?? offsets.value[0];
  return held?.offsetMinutes;
};

export const isZone = (zone: string, nowMs: number): boolean => offsetAt(zone, nowMs) !== undefined;

/** The windows of a stored schedule about an instant. The clock's offset is that of the instant: a window moves with the clock on the day it is put. */
export const windowsOf = ({ zone, windows }: PeakSchedule, nowMs: number): readonly Window[] => {
  const offsetMs = (offsetAt(zone, nowMs) ?? 0) * MINUTE_MS;
  const todayMs = Math.floor((nowMs + offsetMs) / DAY_MS) * DAY_MS;
  return DAYS.flatMap((day) => {
    const dayMs = todayMs + day * DAY_MS;
    // Sunday is 0 there.
    const weekday = new Date(dayMs).getUTCDay() || 7;
    return windows.flatMap(({ days, fromMinute, toMinute }) => {
      if (!days.includes(weekday)) return [];
      const startMs = dayMs + fromMinute * MINUTE_MS - offsetMs;
      const minutes = toMinute > fromMinute ? toMinute - fromMinute : toMinute + 1_440 - fromMinute;
      return [{ startMs, endMs: startMs + minutes * MINUTE_MS }];
    });
  });
};
