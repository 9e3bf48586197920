import { type DayGrid, intervalsOf } from '../data/day-grid.ts';
import type { LoadSeries } from '../data/series.ts';
import type { DayForecast } from '../model/forecaster.ts';
import { QUANTILE_LEVELS } from '../model/quantiles.ts';
import { formatDay, MINUTE_MS } from '../time/zone.ts';

/** One interval's forecast beside what was measured. */
export interface ForecastRow {
  readonly startMs: number;
  /** Local epoch day. */
  readonly day: number;
  readonly gateMs: number;
  readonly method: DayForecast['method'];
  readonly point: number;
  /** By level of `QUANTILE_LEVELS`. */
  readonly quantiles: readonly number[];
  /** NaN when nothing was measured. */
  readonly actual: number;
  /** Whether the measurement is present and of good quality. */
  readonly scored: boolean;
  /** The value seven local days earlier; NaN when there was none. */
  readonly weeklyNaive: number;
  readonly operator: number | undefined;
}

/** Lays a day's slots out as the intervals that the local day really has: 23, 24 or 25 hours of them. */
export function forecastRows(
  series: LoadSeries,
  grid: DayGrid,
  forecast: DayForecast,
): readonly ForecastRow[] {
  const width = QUANTILE_LEVELS.length;
  const stepMs = series.stepMinutes * MINUTE_MS;
  return intervalsOf(grid, forecast.row).map(({ startMs, slot }) => {
    const index = (startMs - series.startMs) / stepMs;
    const actual = series.load[index] ?? Number.NaN;
    const operator = series.operator?.[index];
    return {
      startMs,
      day: grid.firstDay + forecast.row,
      gateMs: forecast.gateMs,
      method: forecast.method,
      point: forecast.point[slot] ?? Number.NaN,
      quantiles: [...forecast.quantiles.subarray(slot * width, (slot + 1) * width)],
      actual,
      scored: series.good[index] === 1,
      weeklyNaive: grid.load[(forecast.row - 7) * grid.slots + slot] ?? Number.NaN,
      operator: operator === undefined || Number.isNaN(operator) ? undefined : operator,
    };
  });
}

/** Header and lines of the file of forecasts, times in UTC at the interval's start. */
export function forecastCsv(rows: readonly ForecastRow[], stepMinutes: number): string {
  const header = [
    'local_day',
    'start_utc',
    'end_utc',
    'gate_utc',
    'method',
    'forecast',
    ...QUANTILE_LEVELS.map((level) => `q${level.toFixed(2)}`),
    'actual',
    'scored',
  ];
  const lines = rows.map((row) =>
    [
      formatDay(row.day),
      new Date(row.startMs).toISOString(),
      new Date(row.startMs + stepMinutes * MINUTE_MS).toISOString(),
      new Date(row.gateMs).toISOString(),
      row.method,
      row.point.toFixed(3),
      ...row.quantiles.map((value) => value.toFixed(3)),
      Number.isNaN(row.actual) ? '' : String(row.actual),
      row.scored ? '1' : '0',
    ].join(','),
  );
  return `${[header.join(','), ...lines].join('\n')}\n`;
}
