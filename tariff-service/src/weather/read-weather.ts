import {
  columnAt,
  decimalText,
  inferDecimalMark,
  numberText,
  readTable,
  type BareStamps,
  type CsvTable,
  type DateOrder,
  type DecimalMark,
} from '@roamgrid/service-kit/csv';
import type { CsvOptions } from '../data/load-csv.ts';
import type { RowError } from '../data/rows.ts';
import { dateOrderOf, readStamps } from '../data/read-stamps.ts';
import { type DataError, fail, ok, type Result } from '../data/result.ts';
import { isMissing } from '../data/schema.ts';
import { StampResolver } from '../data/stamps.ts';
import { MINUTE_MS, type Zone } from '../time/zone.ts';
import { weatherColumns, type WeatherColumns } from './columns.ts';
import { doubtsOf } from './doubts.ts';
import { weatherSource, type WeatherRow, type WeatherSource } from './source.ts';
import { isAir, toCelsius, unitOf, type TemperatureUnit } from './unit.ts';

/** How a weather file is read; what is left out is found. */
export interface WeatherFileOptions extends Partial<WeatherColumns> {
  /** Name of the file in notes; a source is called after it and its column. */
  readonly name: string;
  readonly unit?: TemperatureUnit;
  readonly label: 'start' | 'end';
  readonly bareStamps: BareStamps;
  readonly dateOrder?: DateOrder;
  readonly only?: { readonly column: string; readonly value: string };
  readonly separator?: string;
  readonly decimalMark?: DecimalMark;
  /** From a forecast's issue until it could be read, as from a model's run to its publication. */
  readonly delayMs: number;
}

export interface WeatherFile {
  readonly sources: readonly WeatherSource[];
  /** What was found or assumed, and what was lost, in words. */
  readonly notes: readonly string[];
}

/** Above this share of unusable rows the columns are wrong rather than the data dirty. */
const BAD_ROW_LIMIT = 0.2;
/** Weather of fewer than four values a day tells nothing of hours. */
const LONGEST_STEP_MS = 6 * 60 * MINUTE_MS;
const SHOWN_LINES = 3;

/** Reads temperatures of stations, or a model's forecasts with the instant of their issue. `area` is the load's zone. */
export function readWeatherFile(
  bytes: Uint8Array,
  zone: Zone,
  area: Zone,
  options: WeatherFileOptions,
): Result<WeatherFile, DataError> {
  const { separator, only, name } = options;
  const toldColumns = [
    ...[options.timeColumn, options.hourColumn, options.issuedColumn].filter((each) => each !== undefined),
    ...(options.temperatureColumns ?? []),
  ];
  const read = readTable(bytes, {
    columns: toldColumns,
    ...(separator !== undefined && { separator }),
    ...(only !== undefined && { only }),
  });
  if (!read.ok) return fail({ ...read.error, message: `${name}: ${read.error.message}` });
  const made = sourcesOf(read.value, zone, area, options);
  return made.ok ? made : fail({ ...made.error, message: `${name}: ${made.error.message}` });
}

function sourcesOf(
  table: CsvTable,
  zone: Zone,
  area: Zone,
  options: WeatherFileOptions,
): Result<WeatherFile, DataError> {
  const found = weatherColumns(table, options);
  if (!found.ok) return found;
  const columns = found.value;
  const { rows } = table;
  const errors: RowError[] = [];
  const valid = instantsOf(columns.timeColumn, columns.hourColumn, options.label);
  if (!valid.ok) return valid;
  const issued =
    columns.issuedColumn === undefined ? undefined : instantsOf(columns.issuedColumn, undefined, 'start');
  if (issued?.ok === false) return issued;
  const stepMs = valid.value.stepMs;
  if (stepMs === undefined || stepMs > LONGEST_STEP_MS)
    return fail({ code: 'NO_STEP', message: 'the stamps show no regular step of at most six hours' });
  const kind = issued === undefined ? 'measured' : 'forecast';
  const said = new Map<string, string[]>();
  const say = (column: string, note: string): void => {
    said.set(note, [...(said.get(note) ?? []), column]);
  };
  const sources: WeatherSource[] = [];
  for (const column of columns.temperatureColumns) {
    const values = numbersOf(column);
    const unit = unitOf(column, values, options.unit);
    if (!unit.ok) return unit;
    if (unit.value.note !== undefined) say(column, unit.value.note);
    const taken = values.flatMap((value, index): WeatherRow[] => {
      const validMs = valid.value.instants[index];
      const issuedMs =
        issued === undefined
          ? validMs === undefined
            ? undefined
            : validMs + stepMs
          : issued.value.instants[index];
      if (validMs === undefined || issuedMs === undefined || Number.isNaN(value)) return [];
      const celsius = toCelsius[unit.value.unit](value);
      if (!isAir(celsius)) {
        complain(index, 'BAD_TEMPERATURE', `${value} in column '${column}' is no temperature of air`);
        return [];
      }
      return [{ validMs, issuedMs: issuedMs + (issued === undefined ? 0 : options.delayMs), celsius }];
    });
    if (taken.length === 0)
      return fail({ code: 'EMPTY_FILE', message: `column '${column}' has no temperature` });
    const source = weatherSource({ name: `${options.name} ${column}`, kind, stepMs }, taken);
    sources.push(source);
    for (const doubt of doubtsOf(source, area)) say(column, doubt);
  }
  const bad = new Set(errors.map(({ line }) => line)).size;
  const shown = errors
    .slice(0, SHOWN_LINES)
    .map(({ line, code, message }) => `line ${line}: ${code} ${message}`)
    .join('; ');
  if (bad > rows.length * BAD_ROW_LIMIT)
    return fail({
      code: 'TOO_MANY_BAD_ROWS',
      message: `${bad} of ${rows.length} rows are unusable; check the columns. ${shown}`,
    });
  const notes = [...said].map(([note, of]) => `${options.name} ${of.join(', ')}: ${note}`);
  if (bad > 0) notes.push(`${options.name}: ${bad} rows could not be read: ${shown}`);
  if (kind === 'forecast')
    notes.push(
      `${options.name}: each forecast of the load saw what '${columns.issuedColumn ?? ''}' says was there at its gate, ${options.delayMs / MINUTE_MS} minutes after it`,
    );
  return ok({ sources, notes });

  function complain(index: number, code: RowError['code'], message: string): void {
    errors.push({ line: rows[index]?.line ?? 0, code, message });
  }

  function numbersOf(column: string): number[] {
    const at = columnAt(table.header, column);
    const cells = rows.map(({ cells: each }) => each[at] ?? '');
    const mark = options.decimalMark ?? inferDecimalMark(cells, table.separator).mark;
    return cells.map((cell, index) => {
      if (isMissing(cell)) return Number.NaN;
      const text = (options.decimalMark === undefined ? numberText : decimalText)(cell, mark);
      if (text !== undefined) return Number(text);
      complain(index, 'BAD_TEMPERATURE', `'${cell}' in column '${column}' is no number`);
      return Number.NaN;
    });
  }

  function instantsOf(
    timeColumn: string,
    hourColumn: string | undefined,
    label: 'start' | 'end',
  ): Result<
    { readonly instants: readonly (number | undefined)[]; readonly stepMs: number | undefined },
    DataError
  > {
    const csv: CsvOptions = {
      timeColumn,
      valueColumn: timeColumn,
      label,
      bareStamps: options.bareStamps,
      ...(hourColumn !== undefined && { hourColumn }),
      ...(options.dateOrder !== undefined && { dateOrder: options.dateOrder }),
    };
    const order = dateOrderOf(table, csv);
    if (!order.ok) return order;
    const { stamps } = readStamps(table, csv, order.value, zone, errors);
    const stepMs = stepOf(stamps.flatMap((stamp) => (stamp === undefined ? [] : [stamp.ms])));
    // A forecast names each instant once an issue, so the second pass of an autumn hour is told apart within its own issue.
    const resolvers = new Map<string, StampResolver>();
    const issuedAt = columns.issuedColumn === undefined ? -1 : columnAt(table.header, columns.issuedColumn);
    const instants = stamps.map((stamp, index) => {
      if (stamp === undefined) return undefined;
      const issue = timeColumn === columns.issuedColumn ? '' : (rows[index]?.cells[issuedAt] ?? '');
      const resolver =
        resolvers.get(issue) ??
        new StampResolver(zone, options.bareStamps, label === 'end' ? (stepMs ?? 0) : 0);
      resolvers.set(issue, resolver);
      const instant = resolver.startOf(stamp);
      if (instant === undefined)
        complain(index, 'NO_SUCH_LOCAL_TIME', `the clock of ${zone.name} skipped this time`);
      return instant;
    });
    return ok({ instants, stepMs });
  }
}

/** The most frequent difference between neighbouring stamps. */
function stepOf(stamps: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  const sorted = [...new Set(stamps)].sort((left, right) => left - right);
  sorted.forEach((stamp, index) => {
    const difference = stamp - (sorted[index - 1] ?? stamp);
    if (difference > 0) counts.set(difference, (counts.get(difference) ?? 0) + 1);
  });
  return [...counts].sort((left, right) => right[1] - left[1])[0]?.[0];
}
