import { err, ok, type Result } from '../result/index.ts';
import type { Problem } from './problem.ts';

/** From this instant on, local time is UTC plus so many minutes. */
export interface ZoneOffset {
  readonly fromMs: number;
  readonly offsetMinutes: number;
}

/**
 * The offsets of one zone over a span, in time order; the first holds before its own `fromMs` too. Rating takes these
 * instead of a zone name, so that two hosts with different time zone data cannot disagree about a price.
 */
export type ZoneOffsets = readonly ZoneOffset[];

export const UTC_OFFSETS: ZoneOffsets = [{ fromMs: 0, offsetMinutes: 0 }];

const MS_PER_MINUTE = 60_000;
const STEP_MS = 12 * 3_600_000;
const FIXED = /^(?:UTC|GMT)?([+-])(\d{2}):?(\d{2})$/;

const minutesOf = (sign: string, hours: string, minutes: string): number =>
  (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));

const formatterOf = (zone: string): Intl.DateTimeFormat | undefined => {
  try {
    // check-allow locale: contracts never resolve a zone: its offsets are part of the quote
    return new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  } catch {
    return undefined;
  }
};

/** `GMT+02:00`, or `GMT` alone for zero; odd seconds of historic local mean times are dropped. */
const offsetAt = (formatter: Intl.DateTimeFormat, ms: number): number => {
  const name = formatter.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const match = /GMT([+-])(\d{2}):(\d{2})/.exec(name);
  return match === null ? 0 : minutesOf(match[1] ?? '+', match[2] ?? '0', match[3] ?? '0');
};

/** First instant after `low` with another offset; the offset at `high` differs from that at `low`. */
const transition = (formatter: Intl.DateTimeFormat, low: number, high: number, before: number): number => {
  let from = low;
  let to = high;
  while (to - from > 1) {
    // check-allow float: whole milliseconds, floored to whole ones at once
    const middle = Math.floor((from + to) / 2);
    if (offsetAt(formatter, middle) === before) from = middle;
    else to = middle;
  }
  return to;
};

/**
 * The offsets of an IANA zone (`Europe/Amsterdam`) or fixed offset (`+02:00`) from `fromMs` to `toMs`. Uses the host's
 * time zone data, so it belongs outside a contract; its answer is what is recorded.
 */
export const resolveZone = (zone: string, fromMs: number, toMs: number): Result<ZoneOffsets, Problem> => {
  const fixed = FIXED.exec(zone);
  if (fixed !== null) {
    const offsetMinutes = minutesOf(fixed[1] ?? '+', fixed[2] ?? '0', fixed[3] ?? '0');
    return ok([{ fromMs, offsetMinutes }]);
  }
  if (zone === 'UTC' || zone === 'Z') return ok([{ fromMs, offsetMinutes: 0 }]);
  const formatter = formatterOf(zone);
  if (formatter === undefined) {
    const message = `${JSON.stringify(zone)} is not a time zone: use a name like Europe/Amsterdam`;
    return err({ code: 'ZONE_UNKNOWN', pointer: '', message });
  }
  const offsets: ZoneOffset[] = [{ fromMs, offsetMinutes: offsetAt(formatter, fromMs) }];
  let current = offsetAt(formatter, fromMs);
  for (let at = fromMs; at < toMs; at += STEP_MS) {
    const next = Math.min(at + STEP_MS, toMs);
    const offsetMinutes = offsetAt(formatter, next);
    if (offsetMinutes === current) continue;
    offsets.push({ fromMs: transition(formatter, at, next, current), offsetMinutes });
    current = offsetMinutes;
  }
  return ok(offsets);
};

/** The offset in force at an instant, in ms. */
export const offsetMsAt = (offsets: ZoneOffsets, ms: number): number => {
  let found = offsets[0]?.offsetMinutes ?? 0;
  for (const { fromMs, offsetMinutes } of offsets) {
    if (fromMs > ms) break;
    found = offsetMinutes;
  }
  return found * MS_PER_MINUTE;
};
