import { QUANTILE_LEVELS } from '../model/quantiles.ts';
import { formatDay, weekdayOf } from '../time/zone.ts';
import type { ForecastRow } from './rows.ts';

/** Error figures over a span; percentages are of the measured load. */
export interface Scores {
  /** Intervals that entered the figures. */
  readonly scored: number;
  /** Days with at least one scored interval. */
  readonly days: number;
  readonly mapePercent: number;
  readonly mae: number;
  readonly rmse: number;
  readonly biasPercent: number;
  /** Mean absolute error over that of last week's value on the same intervals: below 1 beats the weekly naive. */
  readonly maseWeeklyNaive: number;
  /** The same error over the mean weekly difference of the history before the first gate (Hyndman and Koehler, 2006). */
  readonly maseInSample: number;
  readonly naiveMapePercent: number;
  /** Mean pinball loss over the levels 0.05 … 0.95, in units of the load. */
  readonly pinball: number;
  /** Mean pinball loss as percent of the mean load. */
  readonly pinballPercent: number;
  readonly coverage50Percent: number;
  readonly coverage80Percent: number;
  readonly coverage90Percent: number;
  /** Mean absolute error of the day's highest value, in percent. */
  readonly dailyPeakMapePercent: number;
  /** Mean distance in hours between the forecast and the measured peak. */
  readonly dailyPeakHours: number;
  readonly worstWeek: { readonly fromDay: string; readonly mapePercent: number } | undefined;
}

/** Scores of another forecast on the intervals where it and the load are present, with ours on the same ones. */
export interface Comparison {
  readonly scored: number;
  readonly mapePercent: number;
  readonly oursMapePercent: number;
}

/** Scores forecasts; rows without a usable measurement are left out. `historyNaiveMae` scales `maseInSample`. */
export function score(rows: readonly ForecastRow[], historyNaiveMae: number): Scores {
  const used = rows.filter((row) => row.scored);
  const mean = (of: (row: ForecastRow) => number, among = used): number =>
    among.length === 0 ? Number.NaN : among.reduce((sum, row) => sum + of(row), 0) / among.length;
  const percentable = used.filter((row) => row.actual > 0);
  const ape = (row: ForecastRow): number => (100 * Math.abs(row.point - row.actual)) / row.actual;
  const withNaive = used.filter((row) => !Number.isNaN(row.weeklyNaive));
  const mae = mean((row) => Math.abs(row.point - row.actual));
  const pinball = mean(pinballOf);
  const days = groupBy(used, (row) => row.day);
  const peaks = [...days.values()].filter((day) => day.length >= 20 * (60 / stepOf(rows)));
  const weeks = groupBy(percentable, (row) => row.day - ((weekdayOf(row.day) + 6) % 7));
  const worst = [...weeks]
    .filter(([, week]) => week.length * stepOf(rows) >= 3 * 24 * 60)
    .map(([day, week]) => ({ fromDay: formatDay(day), mapePercent: mean(ape, week) }))
    .sort((left, right) => right.mapePercent - left.mapePercent)[0];
  const average = (values: readonly number[]): number =>
    values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    scored: used.length,
    days: days.size,
    mapePercent: mean(ape, percentable),
    mae,
    rmse: Math.sqrt(mean((row) => (row.point - row.actual) ** 2)),
    biasPercent: mean((row) => (100 * (row.point - row.actual)) / row.actual, percentable),
    maseWeeklyNaive:
      mean((row) => Math.abs(row.point - row.actual), withNaive) /
      mean((row) => Math.abs(row.weeklyNaive - row.actual), withNaive),
    maseInSample: mae / historyNaiveMae,
    naiveMapePercent: mean(
      (row) => (100 * Math.abs(row.weeklyNaive - row.actual)) / row.actual,
      percentable.filter((row) => !Number.isNaN(row.weeklyNaive)),
    ),
    pinball,
    pinballPercent: (100 * pinball) / mean((row) => row.actual),
    coverage50Percent: coverage(used, 0.25, 0.75),
    coverage80Percent: coverage(used, 0.1, 0.9),
    coverage90Percent: coverage(used, 0.05, 0.95),
    dailyPeakMapePercent: average(
      peaks.map((day) => {
        const peak = highest(day, (row) => row.actual);
        return (100 * Math.abs(highest(day, (row) => row.point).point - peak.actual)) / peak.actual;
      }),
    ),
    dailyPeakHours: average(
      peaks.map(
        (day) =>
          Math.abs(highest(day, (row) => row.point).startMs - highest(day, (row) => row.actual).startMs) /
          3_600_000,
      ),
    ),
    worstWeek: worst,
  };
}

/** Compares with a forecast that the file brought along. */
export function compare(rows: readonly ForecastRow[]): Comparison | undefined {
  const both = rows.filter(
    (row) => row.scored && row.actual > 0 && row.operator !== undefined && row.operator > 0,
  );
  if (both.length === 0) return undefined;
  const mape = (of: (row: ForecastRow) => number): number =>
    both.reduce((sum, row) => sum + (100 * Math.abs(of(row) - row.actual)) / row.actual, 0) / both.length;
  return {
    scored: both.length,
    mapePercent: mape((row) => row.operator ?? 0),
    oursMapePercent: mape((row) => row.point),
  };
}

function pinballOf(row: ForecastRow): number {
  const losses = QUANTILE_LEVELS.map((level, index) => {
    const error = row.actual - (row.quantiles[index] ?? row.point);
    return error >= 0 ? level * error : (level - 1) * error;
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

function coverage(rows: readonly ForecastRow[], low: number, high: number): number {
  const at = (level: number): number => QUANTILE_LEVELS.findIndex((own) => Math.abs(own - level) < 1e-9);
  const [from, to] = [at(low), at(high)];
  const inside = rows.filter(
    (row) => row.actual >= (row.quantiles[from] ?? 0) && row.actual <= (row.quantiles[to] ?? 0),
  );
  return (100 * inside.length) / rows.length;
}

function highest(rows: readonly ForecastRow[], of: (row: ForecastRow) => number): ForecastRow {
  return rows.reduce((best, row) => (of(row) > of(best) ? row : best));
}

function stepOf(rows: readonly ForecastRow[]): number {
  const [first, second] = rows;
  return first === undefined || second === undefined ? 60 : (second.startMs - first.startMs) / 60_000;
}

function groupBy(
  rows: readonly ForecastRow[],
  key: (row: ForecastRow) => number,
): Map<number, ForecastRow[]> {
  const groups = new Map<number, ForecastRow[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group === undefined) groups.set(key(row), [row]);
    else group.push(row);
  }
  return groups;
}
