import { DAY_MS, dayStart, MINUTE_MS, localDayOf, type Zone } from '../time/zone.ts';
import type { WeatherSource } from '../weather/source.ts';
import type { LoadSeries } from './series.ts';

/**
 * The series as a matrix of local days and wall-clock slots, so that "the same time yesterday" is one row up whatever
 * the clocks did. An hour that the clocks show twice is one cell (the mean of both); one that they skip is NaN.
 */
export interface DayGrid {
  readonly zone: Zone;
  readonly stepMinutes: number;
  /** Slots of a normal day. */
  readonly slots: number;
  /** Local epoch day of row 0. */
  readonly firstDay: number;
  readonly days: number;
  /** Measured load by `day * slots + slot`; NaN where missing or of bad quality. */
  readonly load: Float64Array;
  readonly weather: readonly WeatherSource[];
  /** 1 for a holiday by day, from the file; undefined without such a column. */
  readonly holiday: Uint8Array | undefined;
  /** A forecast of the same load that came with the file. */
  readonly operator: Float64Array | undefined;
  /** Instant at which the slot's last occurrence ends; NaN for slots that the clocks skip. */
  readonly endMs: Float64Array;
}

/** One interval of a local day: a 23-hour day has fewer, a 25-hour day repeats slots. */
export interface Interval {
  readonly startMs: number;
  readonly slot: number;
}

/** Builds the matrix over every local day that the series touches, plus `extraDays` empty ones to forecast into. */
export function buildDayGrid(series: LoadSeries, extraDays = 1): DayGrid {
  const { zone, stepMinutes } = series;
  const slots = (24 * 60) / stepMinutes;
  const stepMs = stepMinutes * MINUTE_MS;
  const firstDay = localDayOf(zone, series.startMs);
  const lastDay = localDayOf(zone, series.startMs + (series.load.length - 1) * stepMs);
  const days = lastDay - firstDay + 1 + extraDays;
  const cells = days * slots;
  const count = new Float64Array(cells);
  const blank = (): Float64Array => new Float64Array(cells).fill(Number.NaN);
  const load = blank();
  const operator = series.operator === undefined ? undefined : blank();
  const endMs = blank();
  const holidayVotes = new Float64Array(days * 2);
  const seriesEnd = series.load.length;
  const startIndex = Math.round((dayStart(zone, firstDay) - series.startMs) / stepMs) - slots;
  for (let index = startIndex; ; index++) {
    const startMs = series.startMs + index * stepMs;
    const localMs = startMs + zone.offsetMs(startMs);
    const row = Math.floor(localMs / DAY_MS) - firstDay;
    if (row < 0) continue;
    if (row >= days) break;
    const cell = row * slots + Math.floor((localMs % DAY_MS) / stepMs);
    endMs[cell] = startMs + stepMs;
    if (index < 0 || index >= seriesEnd) continue;
    if (series.good[index] === 1) {
      const seen = count[cell] ?? 0;
      const value = series.load[index] ?? Number.NaN;
      load[cell] = seen === 0 ? value : ((load[cell] ?? 0) * seen + value) / (seen + 1);
      count[cell] = seen + 1;
    }
    if (operator !== undefined) operator[cell] = series.operator?.[index] ?? Number.NaN;
    holidayVotes[row * 2] = (holidayVotes[row * 2] ?? 0) + (series.holiday?.[index] ?? 0);
    holidayVotes[row * 2 + 1] = (holidayVotes[row * 2 + 1] ?? 0) + 1;
  }
  const holiday = series.holiday === undefined ? undefined : new Uint8Array(days);
  // The flag of a file kept in UTC may change at the wrong hour: the day is what most of its intervals say.
  for (let row = 0; holiday !== undefined && row < days; row++)
    holiday[row] = (holidayVotes[row * 2] ?? 0) * 2 > (holidayVotes[row * 2 + 1] ?? 0) ? 1 : 0;
  return {
    zone,
    stepMinutes,
    slots,
    firstDay,
    days,
    load,
    weather: series.weather,
    holiday,
    operator,
    endMs,
  };
}

/** Every interval of one local day in time order. */
export function intervalsOf(grid: DayGrid, row: number): readonly Interval[] {
  const stepMs = grid.stepMinutes * MINUTE_MS;
  const found: Interval[] = [];
  const phase = phaseMs(grid);
  const from = dayStart(grid.zone, grid.firstDay + row) - stepMs;
  let startMs = Math.ceil((from - phase) / stepMs) * stepMs + phase;
  for (; ; startMs += stepMs) {
    const localMs = startMs + grid.zone.offsetMs(startMs);
    const at = Math.floor(localMs / DAY_MS) - grid.firstDay;
    if (at > row) return found;
    if (at === row) found.push({ startMs, slot: Math.floor((localMs % DAY_MS) / stepMs) });
  }
}

/** How many slots of a row had ended at an instant: what a gate inside that day knows of it. */
export function slotsEndedBy(grid: DayGrid, row: number, instantMs: number): number {
  let known = 0;
  for (let slot = 0; slot < grid.slots; slot++) {
    const end = grid.endMs[row * grid.slots + slot] ?? Number.NaN;
    if (end > instantMs) break;
    known = slot + 1;
  }
  return known;
}

function phaseMs(grid: DayGrid): number {
  const end = grid.endMs.find((value) => !Number.isNaN(value)) ?? 0;
  const stepMs = grid.stepMinutes * MINUTE_MS;
  return ((end % stepMs) + stepMs) % stepMs;
}
