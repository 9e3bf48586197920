import { resolveZone } from '@roamgrid/domain';

const MS_PER_MINUTE = 60_000;
const LOCAL = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?$/;
const DAY_MS = 86_400_000;

/**
 * Instants that a wall clock of the zone shows as `text` (`2017-10-29T01:30`), ascending: none in the hour that summer
 * time skips, two in the hour that it repeats, none for text that is no date. A trailing `Z` makes it an instant.
 */
export function instantsOf(text: string, zone: string): readonly number[] {
  if (text.endsWith('Z')) {
    const atMs = Date.parse(text);
    return Number.isNaN(atMs) ? [] : [atMs];
  }
  const match = LOCAL.exec(text);
  if (!match) return [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((part) => Number((part as string | undefined) ?? 0));
  const wallMs = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC rolls 31 February over; what does not read back was no date.
  if (!new Date(wallMs).toISOString().startsWith(text.slice(0, 10))) return [];
  const offsets = resolveZone(zone, wallMs - DAY_MS, wallMs + DAY_MS);
  if (!offsets.ok) throw new RangeError(offsets.error.message);
  const shown = offsets.value
    .map(({ fromMs, offsetMinutes }, i) => {
      const atMs = wallMs - offsetMinutes * MS_PER_MINUTE;
      const untilMs = offsets.value[i + 1]?.fromMs ?? Infinity;
      return atMs < untilMs && (i === 0 || atMs >= fromMs) ? atMs : undefined;
    })
    .filter((atMs) => atMs !== undefined);
  return shown.sort((a, b) => a - b);
}
