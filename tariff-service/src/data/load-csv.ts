import { createHash } from 'node:crypto';
import { parse } from 'csv-parse/sync';
import { DAY_MS, MINUTE_MS, type Zone } from '../time/zone.ts';
import { type DataError, fail, ok, type Result } from './result.ts';
import { inferSchema, isMissing, parseFlag, parseNumber, type ColumnSchema } from './schema.ts';
import { buildSeries, type LoadSeries, type SeriesReport } from './series.ts';
import {
  type BareStamps,
  type DateOrder,
  dayPlusHour,
  inferDateOrder,
  parseStamp,
  type Stamp,
  StampResolver,
} from './stamps.ts';

/** Which column means what, and how stamps are read. */
export interface CsvOptions {
  readonly timeColumn: string;
  /** Hour of the day (1…24 at the end, 0…23 at the start) when the time column holds dates only. */
  readonly hourColumn?: string;
  readonly label: 'start' | 'end';
  readonly valueColumn: string;
  readonly temperatureColumn?: string;
  readonly holidayColumn?: string;
  readonly operatorColumn?: string;
  readonly qualityColumn?: string;
  /** The only value of the quality column that counts as measured. */
  readonly qualityOk?: string;
  readonly bareStamps: BareStamps;
  readonly dateOrder?: DateOrder;
}

/** A row that could not be used, and why. Lines count from 1 with the header as line 1. */
export interface RowError {
  readonly line: number;
  readonly code:
    | 'BAD_TIME'
    | 'NO_SUCH_LOCAL_TIME'
    | 'BAD_VALUE'
    | 'BAD_TEMPERATURE'
    | 'BAD_HOLIDAY'
    | 'BAD_OPERATOR'
    | 'BAD_HOUR'
    | 'FIELD_COUNT';
  readonly message: string;
}

/** Where a data set came from. */
export interface Provenance {
  readonly sha256: string;
  readonly bytes: number;
  readonly rows: number;
  readonly acceptedRows: number;
  readonly firstStartUtc: string;
  readonly lastStartUtc: string;
}

export interface LoadedData {
  readonly series: LoadSeries;
  readonly provenance: Provenance;
  readonly schema: readonly ColumnSchema[];
  readonly report: SeriesReport & { readonly badRows: number; readonly firstErrors: readonly RowError[] };
}

/** One accepted row. NaN where a cell is empty. */
export interface LoadRow {
  readonly line: number;
  readonly startMs: number;
  readonly value: number;
  readonly good: boolean;
  readonly temperature: number;
  readonly holiday: number;
  readonly operator: number;
}

const SHOWN_ERRORS = 20;
/** Above this share of unusable rows the column mapping is wrong rather than the data dirty. */
const BAD_ROW_LIMIT = 0.2;

/** Reads, checks and grids a load file. */
export function loadCsv(bytes: Uint8Array, zone: Zone, options: CsvOptions): Result<LoadedData, DataError> {
  const table = readTable(bytes);
  if (!table.ok) return table;
  const [header = [], ...rows] = table.value;
  const wanted = columnsOf(options);
  const missing = wanted.find((name) => !header.includes(name));
  if (missing !== undefined)
    return fail({ code: 'NO_COLUMN', message: `no column '${missing}'; the file has: ${header.join(', ')}` });
  if ((options.qualityColumn === undefined) !== (options.qualityOk === undefined))
    return fail({
      code: 'BAD_OPTION',
      message: 'a quality column and its good value are given together or not at all',
    });

  const errors: RowError[] = [];
  const order = dateOrderOf(header, rows, options);
  if (!order.ok) return order;
  const stamps = readStamps(header, rows, options, order.value, errors);
  const stepMs = stepOf(stamps);
  if (stepMs === undefined)
    return fail({
      code: 'NO_STEP',
      message: 'the stamps show no regular step of 5 to 60 minutes that divides an hour',
    });
  const resolver = new StampResolver(zone, options.bareStamps, options.label === 'end' ? stepMs : 0);
  const accepted: LoadRow[] = [];
  const cells = cellReader(header, options, errors);
  rows.forEach((row, index) => {
    const stamp = stamps[index];
    if (stamp === undefined) return;
    const startMs = resolver.startOf(stamp);
    if (startMs === undefined) {
      errors.push({
        line: index + 2,
        code: 'NO_SUCH_LOCAL_TIME',
        message: `the clock of ${zone.name} skipped this time`,
      });
      return;
    }
    const read = cells(row, index + 2, startMs);
    if (read !== undefined) accepted.push(read);
  });
  if (accepted.length === 0 || errors.length > rows.length * BAD_ROW_LIMIT)
    return fail(tooManyBad(rows.length, errors));
  errors.sort((left, right) => left.line - right.line);

  const built = buildSeries(accepted, stepMs, zone);
  if (!built.ok) return built;
  const { series, report } = built.value;
  return ok({
    series,
    schema: inferSchema(header, rows.slice(0, 500)),
    provenance: {
      sha256: createHash('sha256').update(bytes).digest('hex'),
      bytes: bytes.length,
      rows: rows.length,
      acceptedRows: accepted.length,
      firstStartUtc: new Date(series.startMs).toISOString(),
      lastStartUtc: new Date(series.startMs + (series.load.length - 1) * stepMs).toISOString(),
    },
    report: {
      ...report,
      ambiguousStamps: resolver.ambiguous,
      nonexistentStamps: resolver.nonexistent,
      badRows: errors.length,
      firstErrors: errors.slice(0, SHOWN_ERRORS),
    },
  });
}

/** Splits CSV into rows of fields; a row with another number of fields is kept and refused later with its line. */
export function readTable(bytes: Uint8Array): Result<readonly (readonly string[])[], DataError> {
  let table: string[][];
  try {
    table = parse(Buffer.from(bytes), {
      bom: true,
      relaxColumnCount: true,
      skipEmptyLines: true,
      trim: true,
    });
  } catch (error) {
    return fail({
      code: 'MALFORMED_CSV',
      message: `not readable as CSV: ${error instanceof Error ? error.message : 'unknown'}`,
    });
  }
  return table.length < 2
    ? fail({ code: 'EMPTY_FILE', message: 'the file has no data rows under its header' })
    : ok(table);
}

function columnsOf(options: CsvOptions): string[] {
  return [
    options.timeColumn,
    options.hourColumn,
    options.valueColumn,
    options.temperatureColumn,
    options.holidayColumn,
    options.operatorColumn,
    options.qualityColumn,
  ].filter((name) => name !== undefined);
}

function dateOrderOf(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  options: CsvOptions,
): Result<DateOrder, DataError> {
  if (options.dateOrder !== undefined) return ok(options.dateOrder);
  const column = header.indexOf(options.timeColumn);
  const samples = rows.map((row) => row[column] ?? '');
  const inferred = inferDateOrder(samples);
  if (inferred !== undefined) return ok(inferred);
  if (samples.some((text) => /^\d{1,2}[/.]\d{1,2}[/.]\d{4}/u.test(text)))
    return fail({
      code: 'BAD_OPTION',
      message: `'${samples[0] ?? ''}' may be day/month or month/day: say which with the date order`,
    });
  return ok('mdy');
}

function readStamps(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  options: CsvOptions,
  order: DateOrder,
  errors: RowError[],
): readonly (Stamp | undefined)[] {
  const timeAt = header.indexOf(options.timeColumn);
  const hourAt = options.hourColumn === undefined ? -1 : header.indexOf(options.hourColumn);
  return rows.map((row, index) => {
    const line = index + 2;
    if (row.length !== header.length) {
      errors.push({
        line,
        code: 'FIELD_COUNT',
        message: `${row.length} fields where the header has ${header.length}`,
      });
      return undefined;
    }
    const text = row[timeAt] ?? '';
    const stamp = parseStamp(text, order);
    if (stamp === undefined) {
      errors.push({
        line,
        code: 'BAD_TIME',
        message: `'${text}' is no time: expected ISO 8601 such as 2019-06-30T22:00:00Z`,
      });
      return undefined;
    }
    if (hourAt < 0) return stamp;
    const hour = parseNumber(row[hourAt] ?? '');
    if (hour === undefined || !Number.isInteger(hour) || hour < 0 || hour > 24) {
      errors.push({ line, code: 'BAD_HOUR', message: `'${row[hourAt] ?? ''}' is no hour from 0 to 24` });
      return undefined;
    }
    return dayPlusHour(stamp, hour);
  });
}

/** The most frequent difference between neighbouring stamps, when it divides an hour. */
function stepOf(stamps: readonly (Stamp | undefined)[]): number | undefined {
  const counts = new Map<number, number>();
  const times = stamps.filter((stamp) => stamp !== undefined).map((stamp) => stamp.ms);
  const sorted = Float64Array.from(times).sort();
  for (let index = 1; index < sorted.length; index++) {
    const difference = (sorted[index] ?? 0) - (sorted[index - 1] ?? 0);
    if (difference > 0) counts.set(difference, (counts.get(difference) ?? 0) + 1);
  }
  const best = [...counts].sort((left, right) => right[1] - left[1])[0]?.[0];
  if (best === undefined || best > 60 * MINUTE_MS || best < 5 * MINUTE_MS || (DAY_MS / 24) % best !== 0)
    return undefined;
  return best;
}

function cellReader(
  header: readonly string[],
  options: CsvOptions,
  errors: RowError[],
): (row: readonly string[], line: number, startMs: number) => LoadRow | undefined {
  const position = (name: string | undefined): number => (name === undefined ? -1 : header.indexOf(name));
  const valueAt = position(options.valueColumn);
  const temperatureAt = position(options.temperatureColumn);
  const holidayAt = position(options.holidayColumn);
  const operatorAt = position(options.operatorColumn);
  const qualityAt = position(options.qualityColumn);
  const number = (
    row: readonly string[],
    at: number,
    line: number,
    code: RowError['code'],
  ): number | undefined => {
    const cell = at < 0 ? '' : (row[at] ?? '');
    if (isMissing(cell)) return Number.NaN;
    const value = parseNumber(cell);
    if (value === undefined)
      errors.push({ line, code, message: `'${cell}' in column '${header[at] ?? ''}' is no number` });
    return value;
  };
  return (row, line, startMs) => {
    const value = number(row, valueAt, line, 'BAD_VALUE');
    const temperature = number(row, temperatureAt, line, 'BAD_TEMPERATURE');
    const operator = number(row, operatorAt, line, 'BAD_OPERATOR');
    if (value === undefined || temperature === undefined || operator === undefined) return undefined;
    const holidayCell = holidayAt < 0 ? '' : (row[holidayAt] ?? '');
    // A holiday column may hold flags or names: a name means yes, an empty cell no.
    const holiday = isMissing(holidayCell) ? 0 : (parseFlag(holidayCell) ?? true) ? 1 : 0;
    const good = qualityAt < 0 || row[qualityAt] === options.qualityOk;
    return { line, startMs, value, good, temperature, holiday, operator };
  };
}

function tooManyBad(rows: number, errors: readonly RowError[]): DataError {
  const shown = errors.slice(0, 3).map((error) => `line ${error.line}: ${error.code} ${error.message}`);
  return {
    code: 'TOO_MANY_BAD_ROWS',
    message: `${errors.length} of ${rows} rows are unusable; check the column mapping. ${shown.join('; ')}`,
  };
}
