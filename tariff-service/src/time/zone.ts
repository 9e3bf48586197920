import { Temporal } from '@js-temporal/polyfill';

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/**
 * UTC offsets of one IANA zone as a table of transitions, so that millions of lookups need no calendar library.
 * Days are "local epoch days": whole days since 1970-01-01 of the wall clock.
 */
export interface Zone {
  readonly name: string;
  /** Offset of local time from UTC in ms at an instant. */
  offsetMs(instantMs: number): number;
  /** Every instant whose wall clock shows `localMs` (0 in a spring gap, 2 in an autumn overlap), earliest first. */
  instantsOf(localMs: number): readonly number[];
}

/** Thrown when the zone's name is not in the IANA data base of this Node. */
export class UnknownZoneError extends Error {
  readonly code = 'UNKNOWN_ZONE';
  constructor(zone: string) {
    super(`unknown time zone '${zone}': use an IANA name such as America/New_York`);
  }
}

/** Reads the transitions of a zone between two years (inclusive), the span that load data cover. */
export function createZone(name: string, fromYear = 1990, toYear = 2045): Zone {
  let cursor: Temporal.ZonedDateTime;
  try {
    cursor = Temporal.ZonedDateTime.from({ timeZone: name, year: fromYear, month: 1, day: 1 });
  } catch {
    throw new UnknownZoneError(name);
  }
  const starts: number[] = [Number.NEGATIVE_INFINITY];
  const offsets: number[] = [Math.round(cursor.offsetNanoseconds / 1e6)];
  const endMs = Date.UTC(toYear + 1, 0, 1);
  for (;;) {
    const next = cursor.getTimeZoneTransition('next');
    if (next === null || next.epochMilliseconds > endMs) break;
    starts.push(next.epochMilliseconds);
    offsets.push(Math.round(next.offsetNanoseconds / 1e6));
    cursor = next;
  }
  return tableZone(name, starts, offsets);
}

function tableZone(name: string, starts: readonly number[], offsets: readonly number[]): Zone {
  const distinct = [...new Set(offsets)];
  let last = 0;
  const offsetMs = (instantMs: number): number => {
    // Calls come in time order nearly always, so the last row is tried before the search.
    if (!(instantMs >= at(starts, last) && (last + 1 >= starts.length || instantMs < at(starts, last + 1)))) {
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (at(starts, middle) <= instantMs) low = middle;
        else high = middle - 1;
      }
      last = low;
    }
    return at(offsets, last);
  };
  const instantsOf = (localMs: number): readonly number[] =>
    distinct
      .map((offset) => localMs - offset)
      .filter((instant) => instant + offsetMs(instant) === localMs)
      .sort((left, right) => left - right);
  return { name, offsetMs, instantsOf };
}

function at(table: readonly number[], index: number): number {
  const value = table[index];
  if (value === undefined) throw new RangeError(`no row ${index} in the table of transitions`);
  return value;
}

/** Local epoch day of an instant. */
export function localDayOf(zone: Zone, instantMs: number): number {
  return Math.floor((instantMs + zone.offsetMs(instantMs)) / DAY_MS);
}

/**
 * The instant at which a local wall clock is first past `minutes` after midnight of `day`. In an overlap the later
 * one, in a gap the transition's end: a gate is a deadline, and both readings have passed then.
 */
export function instantOfLocal(zone: Zone, day: number, minutes: number): number {
  const localMs = day * DAY_MS + minutes * MINUTE_MS;
  const exact = zone.instantsOf(localMs).at(-1);
  if (exact !== undefined) return exact;
  for (let shift = 1; shift <= 180; shift++) {
    const later = zone.instantsOf(localMs + shift * MINUTE_MS).at(0);
    if (later !== undefined) return later;
  }
  throw new RangeError(`no instant near local time ${new Date(localMs).toISOString()} in ${zone.name}`);
}

/** `YYYY-MM-DD` to local epoch day; undefined when it is no date. */
export function parseDay(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/u.test(text)) return undefined;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text ? undefined : ms / DAY_MS;
}

/** Local epoch day to `YYYY-MM-DD`. */
export function formatDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** 0 = Sunday … 6 = Saturday. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** The first instant of a local day. Midnight itself may not exist where clocks change at midnight. */
export function dayStart(zone: Zone, day: number): number {
  const localMs = day * DAY_MS;
  for (let shift = 0; shift <= 120; shift++) {
    const instant = zone.instantsOf(localMs + shift * MINUTE_MS)[0];
    if (instant !== undefined) return instant;
  }
  return localMs - zone.offsetMs(localMs);
}
