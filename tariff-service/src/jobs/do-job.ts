import { readFileSync } from 'node:fs';
import { backtest } from '../backtest/backtest.ts';
import { buildDayGrid } from '../data/day-grid.ts';
import { loadCsv, type LoadedData } from '../data/load-csv.ts';
import type { LoadSeries } from '../data/series.ts';
import { withWeather } from '../data/with-weather.ts';
import { createZone, DAY_MS, formatDay, MINUTE_MS } from '../time/zone.ts';
import { providedWeather } from '../weather/open-meteo.ts';
import { forecastDay } from './forecast-day.ts';
import type { Job, JobAnswer, JobData } from './job.ts';

/** Does a job on the calling thread: reads the file that it names, and asks for the weather that it names. */
export async function doJob(job: Job): Promise<JobAnswer> {
  const zone = createZone(job.data.zone);
  const loaded = loadCsv(readFileSync(job.data.path), zone, job.data.csv);
  if (!loaded.ok) return { kind: 'refused', message: loaded.error.message };
  const { data, notes } = await withProvided(withActuals(loaded.value, job.data), job.data);
  return job.kind === 'validate'
    ? validate(data, job)
    : forecastDay(data.series, job.settings, job.day, notes);
}

/** Forecasts may be asked for so long after the last data. */
const AHEAD_MS = 9 * DAY_MS;

/** The series with what its provider tells of the weather; without an answer it stays what it was, and the notes say so. */
async function withProvided(
  data: LoadedData,
  { weather }: JobData,
): Promise<{ readonly data: LoadedData; readonly notes: readonly string[] }> {
  if (weather === undefined) return { data, notes: [] };
  const { askedMs, ...place } = weather;
  const { startMs, load, stepMinutes } = data.series;
  const endMs = startMs + load.length * stepMinutes * MINUTE_MS;
  const provided = await providedWeather({ ...place, nowMs: () => askedMs }, startMs, endMs + AHEAD_MS);
  return { data: withWeather(data, provided), notes: provided.notes };
}

function validate(data: LoadedData, job: Extract<Job, { kind: 'validate' }>): JobAnswer {
  const { settings } = job;
  const toDay = lastMeasuredDay(data.series);
  const done = backtest(data, { ...settings, fromDay: toDay - job.days + 1, toDay });
  if (!done.ok) return { kind: 'refused', message: done.error.message };
  const { scores, features } = done.value;
  const figure = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return {
    kind: 'validated',
    features,
    scores: {
      fromDay: formatDay(toDay - job.days + 1),
      toDay: formatDay(toDay),
      scored: scores.scored,
      mapePercent: figure(scores.mapePercent),
      maseWeeklyNaive: figure(scores.maseWeeklyNaive),
      pinballPercent: figure(scores.pinballPercent),
      coverage80Percent: figure(scores.coverage80Percent),
    },
  };
}

/** The newest local day that is measured in full. */
function lastMeasuredDay(series: LoadSeries): number {
  const grid = buildDayGrid(series, 0);
  for (let row = grid.days - 1; row > 0; row--) {
    let measured = 0;
    for (let slot = 0; slot < grid.slots; slot++)
      if (!Number.isNaN(grid.load[row * grid.slots + slot] ?? Number.NaN)) measured++;
    if (measured >= grid.slots * 0.9) return grid.firstDay + row;
  }
  return grid.firstDay;
}

/** The series with later actuals laid over it, longer where they go past its end. */
function withActuals(data: LoadedData, job: JobData): LoadedData {
  if (job.actuals.length === 0) return data;
  const { series } = data;
  const stepMs = series.stepMinutes * MINUTE_MS;
  const last = job.actuals.reduce(
    (index, [startMs]) => Math.max(index, (startMs - series.startMs) / stepMs),
    series.load.length - 1,
  );
  const length = Math.floor(last) + 1;
  const grown = (column: Float64Array): Float64Array => {
    const out = new Float64Array(length).fill(Number.NaN);
    out.set(column);
    return out;
  };
  const load = grown(series.load);
  const good = new Uint8Array(length);
  good.set(series.good);
  const holiday = series.holiday === undefined ? undefined : new Uint8Array(length);
  holiday?.set(series.holiday ?? []);
  for (const [startMs, value] of job.actuals) {
    const index = (startMs - series.startMs) / stepMs;
    if (index < 0 || !Number.isInteger(index)) continue;
    load[index] = value;
    good[index] = 1;
  }
  return {
    ...data,
    series: {
      ...series,
      load,
      good,
      holiday,
      operator: series.operator === undefined ? undefined : grown(series.operator),
    },
  };
}
