import { parseDay, parseMinute } from './date-time.ts';
import { noteUnknownKeys } from './known-keys.ts';
import { pointerTo } from './problem.ts';
import type { Rational } from './rational.ts';
import type { Reader } from './reader.ts';
import { RESERVATION_TYPES, type Restrictions } from './tariff.ts';
import { kWhToMicroWh } from './units.ts';

type Json = Readonly<Record<string, unknown>>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const WEEKDAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;
const MINUTES_PER_DAY = 1440;

/** The whole of a session has at most this length; it keeps durations far inside exact integers. */
const MAX_DURATION_SECONDS = 10_000_000_000n;

const minute = (reader: Reader, from: Json, key: string, base: string): number | undefined => {
  const text = reader.string(from, key, base);
  if (text === undefined) return undefined;
  const parsed = parseMinute(text);
  if (parsed === undefined)
    reader.problem('TIME_INVALID', pointerTo(base, key), `${text} is not a time like 13:30`);
  return parsed;
};

const day = (reader: Reader, from: Json, key: string, base: string): number | undefined => {
  const text = reader.string(from, key, base);
  if (text === undefined) return undefined;
  const parsed = parseDay(text);
  if (parsed === undefined) {
    reader.problem('DATE_INVALID', pointerTo(base, key), `${text} is not a date like 2015-12-24`);
  }
  return parsed;
};

/** `end_time` 00:00 stops at the end of the day, whatever the start. */
const timeWindow = (reader: Reader, from: Json, base: string): Restrictions['window'] => {
  const start = minute(reader, from, 'start_time', base);
  const end = minute(reader, from, 'end_time', base);
  if (start === undefined && end === undefined) return undefined;
  const startMinute = start === MINUTES_PER_DAY ? 0 : (start ?? 0);
  const endMinute = end === undefined || end === 0 ? MINUTES_PER_DAY : end;
  if (startMinute === endMinute) {
    reader.note('RESTRICTION_EMPTY_WINDOW', 'start_time equals end_time: this never matches', base);
  }
  return { startMinute, endMinute };
};

const weekdays = (reader: Reader, from: Json, base: string): number | undefined => {
  const pointer = pointerTo(base, 'day_of_week');
  const list = reader.list(from, 'day_of_week', base);
  if (list.length === 0) return undefined;
  return list.reduce<number>((mask, entry, index) => {
    const known = reader.word(entry, pointerTo(pointer, index), WEEKDAYS);
    return known === undefined ? mask : mask | (1 << WEEKDAYS.indexOf(known));
  }, 0);
};

const seconds = (reader: Reader, from: Json, key: string, base: string): number | undefined => {
  const value = reader.count(from, key, base);
  if (value === undefined) return undefined;
  return Number(value > MAX_DURATION_SECONDS ? MAX_DURATION_SECONDS : value) * 1000;
};

/** Reads `restrictions`; what is absent does not restrict. Unknown words are problems with their pointer. */
export const parseRestrictions = (reader: Reader, value: unknown, base: string): Restrictions => {
  if (value === undefined || value === null) return {};
  const from = reader.object(value, base);
  if (from === undefined) return {};
  noteUnknownKeys(reader, from, base, 'set of restrictions');
  const result: Mutable<Restrictions> = {};
  const set = <K extends keyof Restrictions>(key: K, read: Restrictions[K]): void => {
    if (read !== undefined) result[key] = read;
  };
  const energy = (key: string): Rational | undefined => {
    const kWh = reader.decimal(from, key, base);
    return kWh && kWhToMicroWh(kWh);
  };
  set('window', timeWindow(reader, from, base));
  set('startDay', day(reader, from, 'start_date', base));
  set('endDay', day(reader, from, 'end_date', base));
  set('weekdays', weekdays(reader, from, base));
  set('minEnergy', energy('min_kwh'));
  set('maxEnergy', energy('max_kwh'));
  set('minCurrent', reader.decimal(from, 'min_current', base));
  set('maxCurrent', reader.decimal(from, 'max_current', base));
  set('minPower', reader.decimal(from, 'min_power', base));
  set('maxPower', reader.decimal(from, 'max_power', base));
  set('minDurationMs', seconds(reader, from, 'min_duration', base));
  set('maxDurationMs', seconds(reader, from, 'max_duration', base));
  const reservation = from['reservation'];
  if (reservation !== undefined && reservation !== null) {
    set('reservation', reader.word(reservation, pointerTo(base, 'reservation'), RESERVATION_TYPES));
  }
  if (from['booking'] !== undefined && from['booking'] !== null) {
    reader.note(
      'RESTRICTION_UNSUPPORTED',
      'an element restricted to bookings does not price a charging session',
      pointerTo(base, 'booking'),
    );
    set('never', true);
  }
  return result;
};
