import { abbreviatedOffsetMs } from './zone-names.ts';

/** Order of day and month in dates such as 3/4/2019. */
export type DateOrder = 'dmy' | 'mdy';

/** A stamp as written: an instant when it carried an offset from UTC, otherwise a wall-clock reading. */
export interface Stamp {
  readonly kind: 'instant' | 'bare';
  readonly ms: number;
  /** Offset that a zone's abbreviation stands for: which of two passes of an autumn hour it is. */
  readonly offsetMs?: number;
  /** Second pass of an hour that the clock shows twice, where the file marks it. */
  readonly pass?: 1 | 2;
}

const MINUTE_MS = 60_000;
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
/** Months that other languages begin otherwise. */
const MONTH_ALIASES: Readonly<Record<string, string>> = {
  mai: 'may',
  okt: 'oct',
  dez: 'dec',
  mär: 'mar',
  mrt: 'mar',
};

const WEEKDAY = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+/iu;
const YEAR_FIRST = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)/u;
const COMPACT = /^(\d{4})(\d{2})(\d{2})(?=$|[T ]|\d{4})/u;
const NUMERIC = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)/u;
const DAY_NAMED = /^(\d{1,2})[-/. ]\s*([\p{L}]{3,9})\.?[-/, ]\s*(\d{4}|\d{2})(?!\d)/u;
const NAMED_DAY = /^([\p{L}]{3,9})\.?\s+(\d{1,2}),?\s+(\d{4})(?!\d)/u;
const ZONE = /\s*(Z|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?)$/iu;
const ABBREVIATION = /\s+\(?([A-Za-z]{2,5})\)?$/u;
const HALF = /\s*([ap])\.?m\.?$/iu;
const TIME = /^(\d{1,2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?$/u;

interface Day {
  readonly ms: number;
  readonly rest: string;
}

const dayMs = (year: string, month: number, day: string): number | undefined => {
  const full = year.length === 2 ? Number(year) + (Number(year) < 70 ? 2000 : 1900) : Number(year);
  const ms = Date.UTC(full, month - 1, Number(day));
  const back = new Date(ms);
  return back.getUTCMonth() === month - 1 && back.getUTCDate() === Number(day) ? ms : undefined;
};

const monthOf = (name: string): number => {
  const short = name.toLowerCase().slice(0, 3);
  return MONTHS.indexOf(MONTH_ALIASES[short] ?? short) + 1;
};

const readDay = (text: string, order: DateOrder): Day | undefined => {
  const day = (match: RegExpExecArray, year = '', month = 0, date = ''): Day | undefined => {
    const ms = dayMs(year, month, date);
    return ms === undefined ? undefined : { ms, rest: text.slice(match[0].length) };
  };
  let match = YEAR_FIRST.exec(text);
  if (match !== null) return day(match, match[1], Number(match[3]), match[4]);
  match = NUMERIC.exec(text);
  if (match !== null) {
    const [date, month] = order === 'dmy' ? [match[1], match[3]] : [match[3], match[1]];
    return day(match, match[4], Number(month), date);
  }
  match = COMPACT.exec(text);
  if (match !== null) return day(match, match[1], Number(match[2]), match[3]);
  match = DAY_NAMED.exec(text);
  if (match !== null) return day(match, match[3], monthOf(match[2] ?? ''), match[1]);
  match = NAMED_DAY.exec(text);
  return match === null ? undefined : day(match, match[3], monthOf(match[1] ?? ''), match[2]);
};

/** Milliseconds of a time of day; `24:00` is the end of its day, `12:00 AM` its begin. */
export const readClockMs = (text: string): number | undefined => {
  const [halfText = '', half] = HALF.exec(text) ?? [];
  const match = TIME.exec(text.slice(0, text.length - halfText.length).trim());
  if (match === null) return undefined;
  const [, hourText = '', minute = '0', second = '0', fraction = ''] = match;
  let hour = Number(hourText);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
  }
  const past =
    Number(minute) * MINUTE_MS + Number(second) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
  if (hour > 24 || Number(minute) > 59 || Number(second) > 60 || (hour === 24 && past > 0)) return undefined;
  return hour * 60 * MINUTE_MS + past;
};

const offsetOf = (zone: string): number => {
  const text = zone.replace(/^(?:UTC|GMT)/iu, '');
  if (text.toUpperCase() === 'Z') return 0;
  const [hours = '0', minutes = '0'] = /^.(\d{1,2}):?(\d{2})?$/u.exec(text)?.slice(1) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
  return text.startsWith('-') ? -offset : offset;
};

/** A time of day with what stands behind it: an offset, or a zone's abbreviation. */
const readTime = (text: string): { clock: number; zone?: string; offsetMs?: number } | undefined => {
  const whole = readClockMs(text);
  if (whole !== undefined) return { clock: whole };
  const [zoneText, zone] = ZONE.exec(text) ?? [];
  if (zone !== undefined) {
    const clock = readClockMs(text.slice(0, text.length - (zoneText ?? '').length));
    if (clock !== undefined) return { clock, zone };
  }
  const [nameText, name] = ABBREVIATION.exec(text) ?? [];
  const offsetMs = name === undefined ? undefined : abbreviatedOffsetMs(name);
  if (offsetMs === undefined) return undefined;
  const clock = readClockMs(text.slice(0, text.length - (nameText ?? '').length));
  if (clock === undefined) return undefined;
  return /^(?:utc|gmt)$/iu.test(name ?? '') ? { clock, zone: 'Z' } : { clock, offsetMs };
};

/** Reads one stamp; undefined when it is none. */
export const parseStamp = (cell: string, order: DateOrder): Stamp | undefined => {
  const text = cell.trim().replace(WEEKDAY, '');
  if (/^\d{13}$/u.test(text)) return { kind: 'instant', ms: Number(text) };
  if (/^\d{9,10}$/u.test(text)) return { kind: 'instant', ms: Number(text) * 1000 };
  const day = readDay(text, order);
  if (day === undefined) return undefined;
  // Some mark one of the two passes of a repeated hour with a word; which one differs, so that the order of rows has to tell.
  const rest = day.rest.replace(/^[T,]?\s*/iu, '').replace(/\s+DST$/iu, '');
  if (rest === '') return { kind: 'bare', ms: day.ms };
  const time = readTime(rest);
  if (time === undefined) return undefined;
  const ms = day.ms + time.clock;
  if (time.zone !== undefined) return { kind: 'instant', ms: ms - offsetOf(time.zone) };
  return { kind: 'bare', ms, ...(time.offsetMs !== undefined && { offsetMs: time.offsetMs }) };
};

/** Both ends of a cell such as `01.10.2024 00:00 - 01.10.2024 01:00`; undefined when it is not two stamps. */
export const parseInterval = (cell: string, order: DateOrder): readonly [Stamp, Stamp] | undefined => {
  for (const by of [' - ', ' – ', '/', ' to ']) {
    const halves = cell.split(by);
    if (halves.length !== 2) continue;
    const [start, end] = halves.map((half) => parseStamp(half, order));
    if (start !== undefined && end !== undefined) return [start, end];
  }
  return undefined;
};

/**
 * Day/month order proven by a first or second field above 12, or by points between the fields, which only countries with the
 * day first write; undefined when every date may be either, `unneeded` when none is of this kind.
 */
export const inferDateOrder = (samples: Iterable<string>): DateOrder | 'unneeded' | undefined => {
  let isOpen = false;
  for (const cell of samples) {
    const match = NUMERIC.exec(cell.trim().replace(WEEKDAY, ''));
    if (match === null) continue;
    if (match[2] === '.' || Number(match[1]) > 12) return 'dmy';
    if (Number(match[3]) > 12) return 'mdy';
    isOpen = true;
  }
  return isOpen ? undefined : 'unneeded';
};
