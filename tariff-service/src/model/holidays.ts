import Holidays, { type HolidaysTypes } from 'date-holidays';
import { DAY_MS } from '../time/zone.ts';
import type { HolidayNames } from './calendar.ts';

const HOUR_MS = 3_600_000;

/**
 * Public holidays of a place for the days [fromDay, toDay]. `place` is a country, or country and state such as `US-NC`;
 * `auto` takes the country whose zones include `zone`. Undefined when the place is unknown or none has the zone.
 */
export function holidaysOf(
  place: string,
  zone: string,
  fromDay: number,
  toDay: number,
): HolidayNames | undefined {
  const country = place === 'auto' ? countryOf(zone) : place;
  if (country === undefined) return undefined;
  const [code = '', state, region] = country.split('-');
  const calendar = new Holidays();
  if (calendar.getCountries()[code] === undefined) return undefined;
  if (state !== undefined && statesOf(calendar, code)[state] === undefined) return undefined;
  if (state === undefined) calendar.init(code);
  else if (region === undefined) calendar.init(code, state);
  else calendar.init(code, state, region);
  const found = new Map<number, string>();
  const lastYear = new Date(toDay * DAY_MS).getUTCFullYear();
  for (let year = new Date(fromDay * DAY_MS).getUTCFullYear(); year <= lastYear; year++) {
    for (const holiday of calendar.getHolidays(year)) {
      if (holiday.type !== 'public') continue;
      const day = Date.parse(`${holiday.date.slice(0, 10)}T00:00:00Z`) / DAY_MS;
      const lengthDays = lengthOf(holiday);
      const name = holiday.name.replace(/ \(.*\)$/u, '');
      for (let extra = 0; extra < lengthDays; extra++)
        if (!found.has(day + extra)) found.set(day + extra, name);
    }
  }
  return found;
}

/**
 * Days of a holiday from the day of its date on; half a day at its end is none. The library lets a feast of the moon's
 * calendars begin in the evening before and says by how much at the end of the date: `2026-03-20 00:00:00 -0600`.
 */
function lengthOf({ date, start, end }: HolidaysTypes.Holiday): number {
  const eveHours = Number(/ -(\d{2})00$/u.exec(date)?.[1] ?? 0);
  const fromDateMs = end.getTime() - start.getTime() - eveHours * HOUR_MS;
  return Math.max(1, Math.ceil(fromDateMs / DAY_MS - 0.5));
}

/** The countries are few and the zones fewer: the first country that names the zone has it. */
function countryOf(zone: string): string | undefined {
  const calendar = new Holidays();
  return Object.keys(calendar.getCountries()).find((code) => {
    const national = new Holidays(code);
    if (national.getTimezones().includes(zone)) return true;
    return Object.keys(statesOf(calendar, code)).some((state) =>
      new Holidays(code, state).getTimezones().includes(zone),
    );
  });
}

/** The library's types promise states for every country; many have none, and spreading nothing gives none. */
function statesOf(calendar: Holidays, code: string): Readonly<Record<string, string>> {
  return { ...calendar.getStates(code) };
}
