import type { Zone } from '../time/zone.ts';

/** What electricity costs whoever buys it for a site, by the local clock. */
export interface TouRate {
  readonly name: string;
  energyMicrosPerKWh(atMs: number): bigint;
  /** For the highest power of a calendar month. */
  peakMicrosPerKW(atMs: number): { readonly month: string; readonly micros: bigint };
  /** What the file says and this does not count, and where it could be read otherwise. */
  readonly notes: readonly string[];
}

/** An instant by the local clock. */
export interface LocalTime {
  /** 0 to 11. */
  readonly month: number;
  readonly dayOfMonth: number;
  readonly isWeekend: boolean;
  readonly minuteOfDay: number;
  /** `2019-05`. */
  readonly monthKey: string;
}

export const localTimeOf = (zone: Zone, atMs: number): LocalTime => {
  const local = new Date(atMs + zone.offsetMs(atMs));
  const weekday = local.getUTCDay();
  return {
    month: local.getUTCMonth(),
    dayOfMonth: local.getUTCDate(),
    isWeekend: weekday === 0 || weekday === 6,
    minuteOfDay: local.getUTCHours() * 60 + local.getUTCMinutes(),
    monthKey: local.toISOString().slice(0, 7),
  };
};

/** Why a file is no rate that can be used. */
export class TouError extends Error {
  override readonly name = 'TouError';
}

const DECIMAL = /^(\d+)(?:\.(\d{1,6}))?$/u;

/** Exact micros of a decimal of the file: the shortest text of the parsed number is the file's own digits. */
export const touMicrosOf = (value: number, where: string): bigint => {
  const match = DECIMAL.exec(String(value));
  if (match === null)
    throw new TouError(`${where}: ${value} is not a price of at most six decimals, zero or above`);
  return BigInt(`${match[1] ?? ''}${(match[2] ?? '').padEnd(6, '0')}`);
};
