import { resolveZone } from '@roamgrid/domain';
import type { Stamp } from '@roamgrid/service-kit/csv';

const MS_PER_MINUTE = 60_000;
const DAY_MS = 86_400_000;

/**
 * Instants that a stamp may stand for in a zone, ascending: the one that it carries; of a wall clock's reading none in the hour
 * that summer time skips, and two in the hour that it repeats, unless the name of the zone's time tells which.
 */
export function instantsOf({ kind, ms, offsetMs }: Stamp, zone: string): readonly number[] {
  if (kind === 'instant') return [ms];
  const offsets = resolveZone(zone, ms - DAY_MS, ms + DAY_MS);
  if (!offsets.ok) throw new RangeError(offsets.error.message);
  const shown = offsets.value
    .map(({ fromMs, offsetMinutes }, i) => {
      const atMs = ms - offsetMinutes * MS_PER_MINUTE;
      const untilMs = offsets.value[i + 1]?.fromMs ?? Infinity;
      return atMs < untilMs && (i === 0 || atMs >= fromMs) ? atMs : undefined;
    })
    .filter((atMs) => atMs !== undefined)
    .sort((a, b) => a - b);
  const named = shown.filter((atMs) => offsetMs !== undefined && ms - atMs === offsetMs);
  return named.length > 0 ? named : shown;
}
