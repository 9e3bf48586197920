import { DAY_MS, MINUTE_MS, type Zone } from '../time/zone.ts';

/** How a stamp without offset is read: wall clock of the zone, UTC, or the zone's standard time all year. */
export type BareStamps = 'local' | 'utc' | 'standard';
/** Order of day and month in stamps such as 3/4/2019. */
export type DateOrder = 'dmy' | 'mdy';

/** A stamp as written: an instant when it carried an offset, otherwise a wall-clock reading. */
export type Stamp =
  { readonly kind: 'instant'; readonly ms: number } | { readonly kind: 'bare'; readonly ms: number };

const ISO =
  /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ](\d{1,2})(?::(\d{2}))?(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?$/u;
const NAMED = /^(\d{1,2})[- ]([A-Za-z]{3})[a-z]*[- ](\d{2}|\d{4})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?$/u;
const SLASHED = /^(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp][Mm])?)?$/u;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Reads one stamp; undefined when it is none. `24:00` is the end of its day. */
export function parseStamp(text: string, order: DateOrder): Stamp | undefined {
  const iso = ISO.exec(text);
  if (iso !== null) {
    const ms = utc(iso[1], iso[2], iso[3], iso[4], iso[5], iso[6]);
    if (ms === undefined) return undefined;
    const zone = iso[7];
    return zone === undefined ? { kind: 'bare', ms } : { kind: 'instant', ms: ms - offsetOf(zone) };
  }
  const named = NAMED.exec(text);
  if (named !== null) {
    const month = MONTHS.indexOf((named[2] ?? '').toLowerCase()) + 1;
    const year = named[3]?.length === 2 ? `20${named[3]}` : named[3];
    return bare(utc(year, String(month), named[1], named[4], named[5], named[6]));
  }
  const slashed = SLASHED.exec(text);
  if (slashed !== null) {
    const [day, month] = order === 'dmy' ? [slashed[1], slashed[2]] : [slashed[2], slashed[1]];
    return bare(utc(slashed[3], month, day, hour12(slashed[4], slashed[7]), slashed[5], slashed[6]));
  }
  if (/^\d{13}$/u.test(text)) return { kind: 'instant', ms: Number(text) };
  if (/^\d{9,10}$/u.test(text)) return { kind: 'instant', ms: Number(text) * 1000 };
  return undefined;
}

function bare(ms: number | undefined): Stamp | undefined {
  return ms === undefined ? undefined : { kind: 'bare', ms };
}

function hour12(hour: string | undefined, half: string | undefined): string | undefined {
  if (half === undefined || hour === undefined) return hour;
  return String((Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0));
}

function offsetOf(zone: string): number {
  if (zone === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || '0');
  return (zone.startsWith('-') ? -minutes : minutes) * MINUTE_MS;
}

function utc(...fields: (string | undefined)[]): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields.map((field) =>
    Number(field ?? '0'),
  );
  const midnight = Date.UTC(year, month - 1, day);
  const date = new Date(midnight);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  if (hour > 24 || minute > 59 || second > 60 || (hour === 24 && minute + second > 0)) return undefined;
  return midnight + hour * 3_600_000 + minute * MINUTE_MS + second * 1000;
}

/** Day/month order proven by a first or second field above 12; undefined when every slashed date is ambiguous. */
export function inferDateOrder(samples: Iterable<string>): DateOrder | undefined {
  for (const text of samples) {
    const match = SLASHED.exec(text.trim());
    if (match === null) continue;
    if (Number(match[1]) > 12) return 'dmy';
    if (Number(match[2]) > 12) return 'mdy';
  }
  return undefined;
}

/**
 * Turns stamps into the instants at which their intervals start. Rows come in file order, so that the two passes of an
 * autumn hour can be told apart. A bare end label is read both as the clock at the interval's end and as the start's
 * clock plus the step, because around a transition files write either.
 */
export class StampResolver {
  readonly #zone: Zone;
  readonly #bare: BareStamps;
  readonly #labelEndMs: number;
  readonly #taken = new Set<number>();
  /** Stamps inside a spring gap: there is no such moment, the row is dropped. */
  nonexistent = 0;
  /** Stamps that the wall clock shows twice, told apart by their order in the file. */
  ambiguous = 0;

  /** `labelEndMs` is the interval's length when stamps mark its end, else 0. */
  constructor(zone: Zone, bareStamps: BareStamps, labelEndMs: number) {
    this.#zone = zone;
    this.#bare = bareStamps;
    this.#labelEndMs = labelEndMs;
  }

  /** Instant of the interval's start, or undefined inside a spring gap. */
  startOf(stamp: Stamp): number | undefined {
    if (stamp.kind === 'instant' || this.#bare === 'utc') return stamp.ms - this.#labelEndMs;
    if (this.#bare === 'standard') return stamp.ms - this.#labelEndMs - this.#standardOffsetMs(stamp.ms);
    const byStart = this.#zone.instantsOf(stamp.ms - this.#labelEndMs);
    if (this.#labelEndMs === 0 && byStart.length === 1) return byStart[0];
    const byEnd = this.#zone.instantsOf(stamp.ms).map((instant) => instant - this.#labelEndMs);
    if (byStart.length === 1 && byEnd.length === 1 && byStart[0] === byEnd[0]) return byStart[0];
    const candidates = [...new Set([...byEnd, ...byStart])].sort((left, right) => left - right);
    if (candidates.length === 0) {
      this.nonexistent++;
      return undefined;
    }
    if (candidates.length > 1) this.ambiguous++;
    const free = candidates.find((candidate) => !this.#taken.has(candidate)) ?? candidates.at(-1);
    if (free !== undefined) this.#taken.add(free);
    return free;
  }

  #standardOffsetMs(localMs: number): number {
    const year = new Date(localMs).getUTCFullYear();
    return Math.min(this.#zone.offsetMs(Date.UTC(year, 0, 1)), this.#zone.offsetMs(Date.UTC(year, 6, 1)));
  }
}

/** Local midnight of a bare stamp's day, for files that keep the hour in a column of its own. */
export function dayPlusHour(stamp: Stamp, hour: number): Stamp {
  return { kind: 'bare', ms: Math.floor(stamp.ms / DAY_MS) * DAY_MS + hour * 3_600_000 };
}
