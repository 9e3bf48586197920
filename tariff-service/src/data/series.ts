import { MINUTE_MS, type Zone } from '../time/zone.ts';
import { measuredColumn, type WeatherSource } from '../weather/source.ts';
import type { LoadRow } from './load-csv.ts';
import { type DataError, fail, ok, type Result } from './result.ts';

/** A regular series of interval values from `startMs` on; NaN where nothing usable was measured. */
export interface LoadSeries {
  readonly zone: Zone;
  readonly stepMinutes: number;
  readonly startMs: number;
  /** As given in the file, also where the quality mark is bad: for scoring only. */
  readonly load: Float64Array;
  /** 1 where the value is present and its quality is good. */
  readonly good: Uint8Array;
  /** Stations and models; a temperature column of the file is a station. */
  readonly weather: readonly WeatherSource[];
  readonly holiday: Uint8Array | undefined;
  readonly operator: Float64Array | undefined;
}

/** What was found while the rows were put on the grid. */
export interface SeriesReport {
  readonly stepMinutes: number;
  readonly expected: number;
  readonly missing: number;
  readonly badQuality: number;
  readonly duplicates: number;
  readonly conflictingDuplicates: number;
  readonly offGrid: number;
  /** The longest gaps, at most ten. */
  readonly gaps: readonly { readonly fromUtc: string; readonly intervals: number }[];
  readonly shortDays: number;
  readonly longDays: number;
  readonly ambiguousStamps: number;
  readonly nonexistentStamps: number;
}

/** Name of the source that a temperature column is. */
const TEMPERATURE_COLUMN = 'temperature column';
/** Above this share of rows that contradict an earlier one, the file is several series and not one with corrections. */
const MIXED_LIMIT = 0.02;

/** Puts rows in any order on a regular grid. Of two rows with one stamp the later in the file counts, if it has a value. */
export function buildSeries(
  rows: readonly LoadRow[],
  stepMs: number,
  zone: Zone,
): Result<{ series: LoadSeries; report: SeriesReport }, DataError> {
  let startMs = Number.POSITIVE_INFINITY;
  let endMs = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    startMs = Math.min(startMs, row.startMs);
    endMs = Math.max(endMs, row.startMs);
  }
  const length = Math.round((endMs - startMs) / stepMs) + 1;
  if (length > 3_000_000)
    return fail({
      code: 'NO_STEP',
      message: 'the stamps span more than 3 million intervals; is one of them wrong?',
    });
  if (length * stepMs < 15 * 24 * 60 * MINUTE_MS)
    return fail({ code: 'TOO_SHORT', message: 'at least 15 days of load are needed' });
  const load = new Float64Array(length).fill(Number.NaN);
  const good = new Uint8Array(length);
  const temperature = new Float64Array(length).fill(Number.NaN);
  const holiday = new Uint8Array(length);
  const operator = new Float64Array(length).fill(Number.NaN);
  const seen = new Uint8Array(length);
  const count = { duplicates: 0, conflicting: 0, offGrid: 0, badQuality: 0 };
  for (const row of rows) {
    const index = (row.startMs - startMs) / stepMs;
    if (!Number.isInteger(index)) {
      count.offGrid++;
      continue;
    }
    if (seen[index] === 1) {
      count.duplicates++;
      if (!Number.isNaN(row.value) && load[index] !== row.value && !Number.isNaN(load[index] ?? Number.NaN))
        count.conflicting++;
      if (Number.isNaN(row.value)) continue;
    }
    seen[index] = 1;
    load[index] = row.value;
    good[index] = row.good && !Number.isNaN(row.value) ? 1 : 0;
    if (!row.good) count.badQuality++;
    temperature[index] = row.temperature;
    holiday[index] = row.holiday;
    operator[index] = row.operator;
  }
  if (count.conflicting > rows.length * MIXED_LIMIT)
    return fail({
      code: 'SEVERAL_SERIES',
      message: `${count.conflicting} rows have another value for an instant that an earlier row has: the file holds several series; say which rows to read (--only COLUMN=VALUE)`,
    });
  const hasNumbers = (column: Float64Array): boolean => column.some((value) => !Number.isNaN(value));
  const series: LoadSeries = {
    zone,
    stepMinutes: stepMs / MINUTE_MS,
    startMs,
    load,
    good,
    weather: hasNumbers(temperature)
      ? [measuredColumn(TEMPERATURE_COLUMN, startMs, stepMs, temperature)]
      : [],
    holiday: holiday.includes(1) ? holiday : undefined,
    operator: hasNumbers(operator) ? operator : undefined,
  };
  const transitions = transitionDays(series);
  return ok({
    series,
    report: {
      stepMinutes: series.stepMinutes,
      expected: length,
      missing: load.reduce((sum, value) => sum + (Number.isNaN(value) ? 1 : 0), 0),
      badQuality: count.badQuality,
      duplicates: count.duplicates,
      conflictingDuplicates: count.conflicting,
      offGrid: count.offGrid,
      gaps: gapsOf(series),
      shortDays: transitions.short,
      longDays: transitions.long,
      ambiguousStamps: 0,
      nonexistentStamps: 0,
    },
  });
}

function gapsOf(series: LoadSeries): SeriesReport['gaps'] {
  const gaps: { fromUtc: string; intervals: number }[] = [];
  let run = 0;
  for (let index = 0; index <= series.load.length; index++) {
    if (index < series.load.length && Number.isNaN(series.load[index] ?? Number.NaN)) {
      run++;
      continue;
    }
    if (run > 0) {
      const fromMs = series.startMs + (index - run) * series.stepMinutes * MINUTE_MS;
      gaps.push({ fromUtc: new Date(fromMs).toISOString(), intervals: run });
    }
    run = 0;
  }
  return gaps.sort((left, right) => right.intervals - left.intervals).slice(0, 10);
}

function transitionDays(series: LoadSeries): { short: number; long: number } {
  let short = 0;
  let long = 0;
  const stepMs = series.stepMinutes * MINUTE_MS;
  let before = series.zone.offsetMs(series.startMs);
  for (let index = 1; index < series.load.length; index++) {
    const offset = series.zone.offsetMs(series.startMs + index * stepMs);
    if (offset > before) short++;
    if (offset < before) long++;
    before = offset;
  }
  return { short, long };
}
