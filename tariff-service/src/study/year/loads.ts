import { columnAt, decimalText, parseStamp, readTable } from '@roamgrid/service-kit/csv';
import { backtest, type BacktestOptions } from '../../backtest/backtest.ts';
import type { LoadedData } from '../../data/load-csv.ts';
import { type DataError, fail, ok, type Result } from '../../data/result.ts';
import type { LoadInterval } from '../../policy/slots.ts';
import { instantOfLocal, localDayOf, MINUTE_MS } from '../../time/zone.ts';
import { HOUR_MS } from './place.ts';

/** Units of a load file, each a thousand times the one before; the first is the watt. */
export const LOAD_UNITS = ['W', 'kW', 'MW', 'GW'] as const;
export type LoadUnit = (typeof LOAD_UNITS)[number];

/** Load by local day: what was known the day before in two qualities, and what came. */
export interface Loads {
  readonly forecast: ReadonlyMap<number, readonly LoadInterval[]>;
  readonly weeklyNaive: ReadonlyMap<number, readonly LoadInterval[]>;
  /** Where nothing usable was measured the forecast stands in. */
  readonly actual: ReadonlyMap<number, readonly LoadInterval[]>;
  readonly filledIntervals: number;
  readonly forecastMapePercent: number;
  readonly naiveMapePercent: number;
  /** Highest measured load before the first gate. */
  readonly highestBeforeW: bigint | undefined;
  /** UTC starts of the tenth of the span's hours with the highest actual load. */
  readonly peakHours: ReadonlySet<number>;
}

/** Forecasts by interval start, made by the model now. */
export function forecastNow(
  data: LoadedData,
  options: BacktestOptions,
  progress: (done: number, of: number) => void,
): Result<ReadonlyMap<number, number>, DataError> {
  const done = backtest(data, options, progress);
  return done.ok ? ok(new Map(done.value.rows.map((row) => [row.startMs, row.point]))) : done;
}

/** Forecasts from a file that `roamgrid forecast backtest --out` wrote: columns `start_utc` and `forecast`. */
export function forecastFromFile(
  bytes: Uint8Array,
): Result<{ readonly forecast: ReadonlyMap<number, number>; readonly notes: readonly string[] }, DataError> {
  const table = readTable(bytes, { columns: ['start_utc', 'forecast'] });
  if (!table.ok) return table;
  const { header, rows } = table.value;
  const [startAt, forecastAt] = [columnAt(header, 'start_utc'), columnAt(header, 'forecast')];
  const found = new Map<number, number>();
  let empty = 0;
  for (const { line, cells } of rows) {
    const [start = '', forecast = ''] = [cells[startAt], cells[forecastAt]];
    if (forecast === '') {
      empty += 1;
      continue;
    }
    const stamp = parseStamp(start, 'mdy');
    const value = decimalText(forecast, '.');
    if (stamp?.kind !== 'instant' || value === undefined)
      return fail({
        code: 'TOO_MANY_BAD_ROWS',
        message: `line ${line} of the forecasts: '${start}' with '${forecast}' is no instant with a forecast`,
      });
    found.set(stamp.ms, Number(value));
  }
  return ok({ forecast: found, notes: empty === 0 ? [] : [`${empty} rows have no forecast`] });
}

/** Lays forecast, weekly naive and actual loads out by local day. */
export function loadsOf(
  data: LoadedData,
  forecast: ReadonlyMap<number, number>,
  span: { readonly fromDay: number; readonly toDay: number; readonly gateMinutes: number },
  unit: LoadUnit,
): Loads {
  const { series } = data;
  const stepMs = series.stepMinutes * MINUTE_MS;
  const goodAt = (ms: number): number => {
    const index = (ms - series.startMs) / stepMs;
    return series.good[index] === 1 ? (series.load[index] ?? Number.NaN) : Number.NaN;
  };
  const days = {
    forecast: new Map<number, LoadInterval[]>(),
    naive: new Map<number, LoadInterval[]>(),
    actual: new Map<number, LoadInterval[]>(),
  };
  const hours = new Map<number, number>();
  const errors = { forecast: 0, naive: 0, scored: 0, filled: 0 };
  for (const [startMs, predicted] of [...forecast].sort(([left], [right]) => left - right)) {
    const day = localDayOf(series.zone, startMs);
    if (day < span.fromDay || day > span.toDay) continue;
    const measured = goodAt(startMs);
    const weekBefore = goodAt(startMs - 7 * 24 * HOUR_MS);
    const actual = Number.isNaN(measured) ? predicted : measured;
    const naive = Number.isNaN(weekBefore) ? predicted : weekBefore;
    if (Number.isNaN(measured)) errors.filled++;
    else {
      errors.scored++;
      errors.forecast += Math.abs(predicted - measured) / measured;
      errors.naive += Math.abs(naive - measured) / measured;
    }
    const put = (into: Map<number, LoadInterval[]>, value: number): void => {
      const list = into.get(day) ?? [];
      into.set(day, list);
      list.push({ startMs, minutes: series.stepMinutes, loadW: watts(value, unit) });
    };
    put(days.forecast, predicted);
    put(days.naive, naive);
    put(days.actual, actual);
    const hour = Math.floor(startMs / HOUR_MS) * HOUR_MS;
    hours.set(hour, (hours.get(hour) ?? 0) + (actual * series.stepMinutes) / 60);
  }
  return {
    forecast: days.forecast,
    weeklyNaive: days.naive,
    actual: days.actual,
    filledIntervals: errors.filled,
    forecastMapePercent: (100 * errors.forecast) / errors.scored,
    naiveMapePercent: (100 * errors.naive) / errors.scored,
    highestBeforeW: highestBefore(data, span, unit),
    peakHours: highestTenth(hours),
  };
}

function highestBefore(
  { series }: LoadedData,
  span: { readonly fromDay: number; readonly gateMinutes: number },
  unit: LoadUnit,
): bigint | undefined {
  const gateMs = instantOfLocal(series.zone, span.fromDay - 1, span.gateMinutes);
  const count = Math.floor((gateMs - series.startMs) / (series.stepMinutes * MINUTE_MS));
  let highest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < count; index++)
    if (series.good[index] === 1) highest = Math.max(highest, series.load[index] ?? highest);
  return highest > 0 ? watts(highest, unit) : undefined;
}

function highestTenth(hours: ReadonlyMap<number, number>): ReadonlySet<number> {
  const ranked = [...hours].sort(([leftMs, left], [rightMs, right]) => right - left || leftMs - rightMs);
  return new Set(ranked.slice(0, Math.round(ranked.length / 10)).map(([hour]) => hour));
}

/** A measured or forecast load as whole watts: here the world of models ends and that of prices begins. */
function watts(value: number, unit: LoadUnit): bigint {
  return BigInt(Math.max(0, Math.round(value * 1000 ** LOAD_UNITS.indexOf(unit))));
}
