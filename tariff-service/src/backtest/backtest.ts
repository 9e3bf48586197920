import { CELL } from '../data/clean.ts';
import { buildDayGrid } from '../data/day-grid.ts';
import type { LoadedData } from '../data/load-csv.ts';
import { type DataError, fail, ok, type Result } from '../data/result.ts';
import { Forecaster, type DayForecast } from '../model/forecaster.ts';
import { holidaysOf } from '../model/holidays.ts';
import type { TemperatureMode } from '../weather/views.ts';
import { formatDay } from '../time/zone.ts';
import { spanOf, weatherNotes } from '../weather/notes.ts';
import { forecastRows, type ForecastRow } from './rows.ts';
import { compare, type Comparison, score, type Scores } from './scores.ts';

export interface BacktestOptions {
  /** First and last local epoch day to forecast. */
  readonly fromDay: number;
  readonly toDay: number;
  /** Minutes after local midnight of the day before; 1440 is the target day's midnight. */
  readonly gateMinutes: number;
  /** `auto`, `none`, a country or country-state such as `US-NC`. */
  readonly holidays: string;
  readonly temperatureMode: TemperatureMode;
  readonly usePublished: boolean;
}

export interface Backtest {
  readonly rows: readonly ForecastRow[];
  readonly scores: Scores;
  readonly operator: Comparison | undefined;
  /** Measured cells that the cleaner refused as input, up to the last day. */
  readonly cleaned: { readonly outliers: number; readonly flat: number };
  readonly naiveDays: number;
  /** How the sources of weather were weighed at the last gate; undefined without weather. */
  readonly weatherWeights: Readonly<Record<string, number>> | undefined;
  readonly meanTreesWeight: number;
  readonly features: readonly string[];
  /** What a reader must know to judge the figures. */
  readonly notes: readonly string[];
}

/** Issues a forecast for every local day of the span from what was known at its gate, and scores them. */
export function backtest(
  data: LoadedData,
  options: BacktestOptions,
  progress: (done: number, of: number) => void = () => undefined,
): Result<Backtest, DataError> {
  const { series } = data;
  const grid = buildDayGrid(series);
  const fromRow = options.fromDay - grid.firstDay;
  const toRow = options.toDay - grid.firstDay;
  const lastDay = grid.firstDay + grid.days - 2;
  if (toRow < fromRow) return fail({ code: 'BAD_OPTION', message: 'the span ends before it begins' });
  if (fromRow < 8 || toRow > grid.days - 2) {
    const span = `${formatDay(grid.firstDay)} to ${formatDay(lastDay)}`;
    return fail({
      code: 'BAD_OPTION',
      message: `the span must lie at least 8 days after the data begin and inside them: ${span}`,
    });
  }
  const holidays =
    options.holidays === 'none'
      ? undefined
      : holidaysOf(options.holidays, series.zone.name, grid.firstDay, grid.firstDay + grid.days);
  if (holidays === undefined && options.holidays !== 'none' && options.holidays !== 'auto')
    return fail({
      code: 'BAD_OPTION',
      message: `no holiday calendar '${options.holidays}': use a country such as US or US-NC, or none`,
    });
  const forecaster = new Forecaster(grid, { ...options, holidays }, fromRow);
  const uncovered = uncoveredDays(forecaster, fromRow, toRow);
  if (forecaster.weather !== undefined && uncovered > toRow - fromRow)
    return fail({
      code: 'WEATHER_NOT_COVERING',
      message: `no day of the span has temperatures that were there at its gate; the weather ${spanOf(series)}: give weather of those days, or leave it out`,
    });
  const days: DayForecast[] = [];
  const rows: ForecastRow[] = [];
  for (let row = fromRow; row <= toRow; row++) {
    const day = forecaster.forecast(row);
    days.push(day);
    rows.push(...forecastRows(series, grid, day));
    progress(row - fromRow + 1, toRow - fromRow + 1);
  }
  const state = forecaster.clean.state.subarray(0, (toRow + 1) * grid.slots);
  return ok({
    rows,
    scores: score(rows, weeklyDifference(grid.load.subarray(0, fromRow * grid.slots), grid.slots)),
    operator: compare(rows),
    cleaned: { outliers: countOf(state, CELL.outlier), flat: countOf(state, CELL.flat) },
    naiveDays: days.filter((day) => day.method === 'naive').length,
    weatherWeights: forecaster.weather?.weightsAt(toRow),
    meanTreesWeight: days.reduce((sum, day) => sum + day.treesWeight, 0) / days.length,
    features: forecaster.features.names,
    notes: [
      ...weatherNotes(series, options.temperatureMode, { days: toRow - fromRow + 1, uncovered }),
      ...notesOf(data, options, holidays === undefined ? 0 : holidays.size),
    ],
  });
}

function notesOf(data: LoadedData, options: BacktestOptions, holidays: number): readonly string[] {
  const notes: string[] = [];
  if (options.usePublished && data.series.operator !== undefined)
    notes.push(
      "the operator's forecast is an input: the caller asserts that it is published before the gate",
    );
  if (data.series.holiday !== undefined) notes.push('holidays come from the file');
  else
    notes.push(
      holidays > 0 ? `holidays come from the public calendar (${options.holidays})` : 'no holidays are known',
    );
  return notes;
}

function uncoveredDays({ weather }: Forecaster, fromRow: number, toRow: number): number {
  let uncovered = 0;
  for (let row = fromRow; row <= toRow; row++) if (weather?.covers(row) === false) uncovered++;
  return uncovered;
}

function weeklyDifference(load: Float64Array, slots: number): number {
  let sum = 0;
  let count = 0;
  for (let cell = 7 * slots; cell < load.length; cell++) {
    const difference = Math.abs((load[cell] ?? Number.NaN) - (load[cell - 7 * slots] ?? Number.NaN));
    if (Number.isNaN(difference)) continue;
    sum += difference;
    count++;
  }
  return sum / count;
}

function countOf(state: Uint8Array, wanted: number): number {
  return state.reduce((sum, value) => sum + (value === wanted ? 1 : 0), 0);
}
