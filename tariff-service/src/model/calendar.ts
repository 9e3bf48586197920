import { type DayGrid } from '../data/day-grid.ts';
import { DAY_MS, instantOfLocal, weekdayOf } from '../time/zone.ts';

/** Named public holidays by local epoch day. */
export type HolidayNames = ReadonlyMap<number, string>;

/** What the calendar says about each row of a grid; all of it is known years ahead. */
export interface Calendar {
  /** 0 = Sunday … 6 = Saturday. */
  readonly weekday: Uint8Array;
  readonly holiday: Uint8Array;
  /** A working day between a holiday and a weekend. */
  readonly bridge: Uint8Array;
  /** Position in the year as an angle in radians. */
  readonly yearAngle: Float64Array;
  readonly monthDay: Uint16Array;
  readonly summerTime: Uint8Array;
  /** Index into `names`, or 255. */
  readonly name: Uint8Array;
  readonly names: readonly string[];
}

/** Joins the weekdays of the grid with the file's holiday flags and the named holidays of the place; flags decide which days are holidays. */
export function buildCalendar(grid: DayGrid, named: HolidayNames | undefined): Calendar {
  const { days, firstDay, zone } = grid;
  const calendar = {
    weekday: new Uint8Array(days),
    holiday: new Uint8Array(days),
    bridge: new Uint8Array(days),
    yearAngle: new Float64Array(days),
    monthDay: new Uint16Array(days),
    summerTime: new Uint8Array(days),
    name: new Uint8Array(days).fill(255),
  };
  const useFlags = grid.holiday !== undefined;
  const names = [...new Set(named?.values())].sort();
  for (let row = 0; row < days; row++) {
    const day = firstDay + row;
    const date = new Date(day * DAY_MS);
    const yearStart = Date.UTC(date.getUTCFullYear(), 0, 1);
    const noon = instantOfLocal(zone, day, 720);
    const january = zone.offsetMs(yearStart);
    const july = zone.offsetMs(yearStart + 182 * DAY_MS);
    calendar.weekday[row] = weekdayOf(day);
    calendar.yearAngle[row] = ((date.getTime() - yearStart) / DAY_MS / 365.25) * 2 * Math.PI;
    calendar.monthDay[row] = (date.getUTCMonth() + 1) * 100 + date.getUTCDate();
    calendar.summerTime[row] = zone.offsetMs(noon) > Math.min(january, july) ? 1 : 0;
    const name = named?.get(day);
    calendar.holiday[row] = useFlags ? (grid.holiday[row] ?? 0) : name === undefined ? 0 : 1;
    if (name !== undefined) calendar.name[row] = names.indexOf(name);
  }
  for (let row = 1; row + 1 < days; row++) {
    const weekday = calendar.weekday[row];
    const monday = weekday === 1 && calendar.holiday[row + 1] === 1;
    const friday = weekday === 5 && calendar.holiday[row - 1] === 1;
    if ((monday || friday) && calendar.holiday[row] === 0) calendar.bridge[row] = 1;
  }
  return { ...calendar, names };
}
