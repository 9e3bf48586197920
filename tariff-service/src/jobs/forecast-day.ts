import { createHash } from 'node:crypto';
import { forecastRows } from '../backtest/rows.ts';
import { buildDayGrid } from '../data/day-grid.ts';
import type { LoadSeries } from '../data/series.ts';
import type { PredictAnswer } from '../http/api.ts';
import { Forecaster } from '../model/forecaster.ts';
import { holidaysOf } from '../model/holidays.ts';
import { QUANTILE_LEVELS } from '../model/quantiles.ts';
import type { ModelSettings } from '../registry/model-version.ts';
import { DAY_MS, formatDay, MINUTE_MS } from '../time/zone.ts';
import type { JobAnswer } from './job.ts';

/** Days after the last data for which a forecast may be asked. */
const HORIZON_DAYS = 8;
/** Decimals that a told value keeps. */
const ROUNDING = 1e6;

type MadeForecast = Extract<JobAnswer, { kind: 'forecast' }>;

/** Trains on what a series held at a local day's gate and forecasts the day. */
export function forecastDay(
  series: LoadSeries,
  settings: ModelSettings,
  day: number,
  weatherNotes: readonly string[] = [],
): MadeForecast | Extract<JobAnswer, { kind: 'refused' }> {
  const grid = buildDayGrid(series, HORIZON_DAYS);
  const row = day - grid.firstDay;
  if (row < 8 || row > grid.days - 2)
    return {
      kind: 'refused',
      message: `a forecast can be made from ${formatDay(grid.firstDay + 8)} to ${formatDay(grid.firstDay + grid.days - 2)}`,
    };
  const { holidays: place } = settings;
  const holidays =
    place === 'none'
      ? undefined
      : holidaysOf(place, series.zone.name, grid.firstDay, grid.firstDay + grid.days);
  const forecaster = new Forecaster(grid, { ...settings, holidays }, row);
  const made = forecaster.forecast(row);
  return {
    kind: 'forecast',
    gateMs: made.gateMs,
    method: made.method,
    stepMinutes: series.stepMinutes,
    weather: forecaster.weather === undefined ? 'none' : forecaster.weather.covers(row) ? 'used' : 'repeated',
    weatherNotes,
    intervals: forecastRows(series, grid, made).map(({ startMs, point, quantiles }) => ({
      startMs,
      point,
      quantiles,
    })),
  };
}

/** The local day after the last measured interval: what a file that ends today is asked for first. */
export function dayAfter(series: LoadSeries): number {
  const last = series.load.findLastIndex((value) => !Number.isNaN(value));
  const startMs = series.startMs + Math.max(0, last) * series.stepMinutes * MINUTE_MS;
  return Math.floor((startMs + series.zone.offsetMs(startMs)) / DAY_MS) + 1;
}

/** A forecast as `POST /predict` tells it. */
export function predictAnswerOf(
  made: MadeForecast,
  of: Pick<PredictAnswer, 'area' | 'modelId' | 'dataSha256'> & { readonly day: number },
): PredictAnswer {
  const round = (value: number): number => Math.round(value * ROUNDING) / ROUNDING;
  const intervals = made.intervals.map(({ startMs, point, quantiles }) => ({
    startUtc: new Date(startMs).toISOString(),
    minutes: made.stepMinutes,
    point: round(point),
    quantiles: quantiles.map(round),
  }));
  return {
    area: of.area,
    modelId: of.modelId,
    day: formatDay(of.day),
    gateUtc: new Date(made.gateMs).toISOString(),
    dataSha256: of.dataSha256,
    forecastHash: createHash('sha256').update(JSON.stringify(intervals)).digest('hex'),
    method: made.method,
    weather: made.weather,
    weatherNotes: [...made.weatherNotes],
    levels: [...QUANTILE_LEVELS],
    intervals,
  };
}
