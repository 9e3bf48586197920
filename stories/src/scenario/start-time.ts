import { resolveZone } from '@roamgrid/domain';

const DAY_MS = 86_400_000;

/** Instant of a wall-clock time in a zone on the last day that is wholly over by `nowMs`. */
export function lastFullDayAt(nowMs: number, zone: string, hour: number, minute: number): number {
  const offsets = resolveZone(zone, nowMs - 3 * DAY_MS, nowMs);
  if (!offsets.ok) throw new RangeError(offsets.error.message);
  const offsetAt = (atMs: number) =>
    (offsets.value.findLast(({ fromMs }) => fromMs <= atMs) ?? offsets.value[0])?.offsetMinutes ?? 0;
  const localDay = Math.floor((nowMs + offsetAt(nowMs) * 60_000) / DAY_MS) - 1;
  const wallMs = localDay * DAY_MS + (hour * 60 + minute) * 60_000;
  return wallMs - offsetAt(wallMs - offsetAt(nowMs) * 60_000) * 60_000;
}
