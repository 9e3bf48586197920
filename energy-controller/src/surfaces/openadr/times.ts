/** Instants and durations as OpenADR writes them. Spec: OpenADR 3.1.0, User Guide §7.3, "intervalPeriod". */

const DAY_MS = 86_400_000;
/** Months and years have no fixed length; these are used, as the specification advises against both. */
const MONTH_MS = 30 * DAY_MS;
const YEAR_MS = 365 * DAY_MS;

/** The beginning of time, as 3.0 and 3.1 write "now"; `Date` makes other years of both. */
const NOW = /^(?:0000-00-00|0001-01-01)(?:T00:00:00(?:\.0+)?(?:Z|[+-]00:00)?)?$/;
/** Spec: RFC 3339 §5.6, date-time. */
const INSTANT = /^(\d{4})-\d{2}-\d{2}[Tt]\d{2}:\d{2}:(\d{2})(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const DURATION =
  /^(-)?P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,3})\d*)?S)?)?$/;
/** A span that ends in no calendar: "P9999Y". */
const ENDLESS_YEARS = 9_999;

/** Ms since the epoch; undefined for what is no instant, a leap second among them. */
export const instantOf = (text: string): number | 'now' | undefined => {
  if (NOW.test(text)) return 'now';
  if (!INSTANT.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) || atMs < 0 ? undefined : atMs;
};

/** Ms, negative for one that goes back; undefined for what is no duration. Parts of a millisecond are cut off. */
export const durationOf = (text: string): number | 'endless' | undefined => {
  const parts = DURATION.exec(text);
  if (parts === null) return undefined;
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts
    .slice(2, 9)
    .map((part: string | undefined) => Number(part ?? 0));
  if (years >= ENDLESS_YEARS) return 'endless';
  const ms =
    years * YEAR_MS +
    months * MONTH_MS +
    (weeks * 7 + days) * DAY_MS +
    ((hours * 60 + minutes) * 60 + seconds) * 1_000 +
    Number((parts[9] ?? '').padEnd(3, '0'));
  if (!Number.isSafeInteger(ms)) return 'endless';
  return parts[1] === undefined ? ms : -ms;
};
