/** Text for people. Amounts arrive as decimal strings of micros and are never turned into a float. */

/** Exact decimal text of an integer that counts 10^-places. */
export function decimalText(integer: string, places: number): string {
  const negative = integer.startsWith('-');
  const digits = (negative ? integer.slice(1) : integer).padStart(places + 1, '0');
  const whole = digits.slice(0, -places);
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/**
 * `$12.35`: rounded for display to the currency's own places; bills keep the micros.
 * @param places shows up to so many decimals instead, where the exact amount matters
 */
export function money(micros: string, currency: string, locale?: string, places?: number): string {
  const digits = places === undefined ? {} : { maximumFractionDigits: places };
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency, ...digits });
  return format.format(decimalText(micros, 6) as unknown as number);
}

/** `21.4 kWh` */
export function energy(energyWh: string, locale?: string): string {
  const format = new Intl.NumberFormat(locale, { maximumFractionDigits: 3 });
  return `${format.format(decimalText(energyWh, 3) as unknown as number)} kWh`;
}

/** `11.2 kW` */
export function power(powerW: string, locale?: string): string {
  const format = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  return `${format.format(decimalText(powerW, 3) as unknown as number)} kW`;
}

/** `350 m`, `1.2 km`, `81 km`: as exact as one needs to go there. */
export function distance(metres: number, locale?: string): string {
  const [value, unit, places] =
    metres < 1_000
      ? ([Math.round(metres / 10) * 10, 'meter', 0] as const)
      : ([metres / 1_000, 'kilometer', 1] as const);
  const maximumFractionDigits = value >= 10 ? 0 : places;
  return new Intl.NumberFormat(locale, { style: 'unit', unit, maximumFractionDigits }).format(value);
}

/** `61 %`: rounded down, so that only a full battery says 100. */
export const percent = (ppm: number): string => `${Math.floor(ppm / 10_000)} %`;

/** `1 h 05 min` */
export function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 60
    ? `${minutes} min`
    : `${Math.floor(minutes / 60)} h ${(minutes % 60).toString().padStart(2, '0')} min`;
}

/** Clock time at the station. */
export function localTime(atMs: number, timeZone: string, locale?: string): string {
  return new Intl.DateTimeFormat(locale, {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(atMs);
}

/** Day and clock time where the reader is: `20 Nov 2026, 15:35`. */
export function day(atMs: number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(atMs);
}

/** From when until when where the reader is, the day once where it is one: `20 Nov 2026, 15:35 – 16:05`. */
export function span(fromMs: number, untilMs: number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).formatRange(
    fromMs,
    untilMs,
  );
}

/** The same by the station's clock, without the day. */
export function localSpan(fromMs: number, untilMs: number, timeZone: string, locale?: string): string {
  const format = { timeZone, hour: '2-digit', minute: '2-digit', timeZoneName: 'short' } as const;
  return new Intl.DateTimeFormat(locale, format).formatRange(fromMs, untilMs);
}

/** `2026-11` as `November 2026`; other periods as they are written. */
export function month(periodId: string, locale?: string): string {
  if (!/^\d{4}-\d{2}$/.test(periodId)) return periodId;
  const format = new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' });
  return format.format(Date.parse(`${periodId}-01`));
}

/** All of these as one reader writes them. */
export const formatsIn = (locale: string) => ({
  money: (micros: string, currency: string): string => money(micros, currency, locale),
  energy: (energyWh: string): string => energy(energyWh, locale),
  power: (powerW: string): string => power(powerW, locale),
  distance: (metres: number): string => distance(metres, locale),
  /** A decimal text that counts, such as a price, in the reader's own marks; exact. */
  decimal: (text: string): string =>
    new Intl.NumberFormat(locale, { maximumFractionDigits: 10 }).format(text as unknown as number),
  localTime: (atMs: number, timeZone: string): string => localTime(atMs, timeZone, locale),
  day: (atMs: number): string => day(atMs, locale),
  span: (fromMs: number, untilMs: number): string => span(fromMs, untilMs, locale),
  localSpan: (fromMs: number, untilMs: number, timeZone: string): string =>
    localSpan(fromMs, untilMs, timeZone, locale),
  month: (periodId: string): string => month(periodId, locale),
  percent,
  duration,
});
export type Formats = ReturnType<typeof formatsIn>;

/** A machine's message as a sentence: it begins with a capital and ends with a stop. */
export const sentence = (text: string): string =>
  text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');

const ID_TAIL = 8;

/**
 * An id that a command was given, as a list shows it: such ids begin with their time, so that neighbours differ in their
 * last characters only. A session's id is not shortened: it names its lane, and its last characters do not.
 */
export const shortId = (id: string): string => (id.length > ID_TAIL ? `…${id.slice(-ID_TAIL)}` : id);
