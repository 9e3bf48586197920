import { createHash } from 'node:crypto';
import {
  columnAt,
  decimalText,
  fitted,
  inferDecimalMark,
  loadLayouts,
  neededColumns,
  numberText,
  readTable,
  type BareStamps,
  type CsvTable,
  type DateOrder,
  type DecimalMark,
  type MarkFound,
  type Stamp,
  type TableOptions,
} from '@roamgrid/service-kit/csv';
import { DAY_MS, MINUTE_MS, type Zone } from '../time/zone.ts';
import { notesOf } from './notes.ts';
import { dateOrderOf, readStamps } from './read-stamps.ts';
import { type DataError, fail, ok, type Result } from './result.ts';
import { inferSchema, isMissing, parseFlag, type ColumnSchema } from './schema.ts';
import { buildSeries, type LoadSeries, type SeriesReport } from './series.ts';
import { StampResolver } from './stamps.ts';

/** Which column means what, and how stamps are read. */
export interface CsvOptions {
  readonly timeColumn: string;
  /** Hour, time of day or settlement period when the time column holds dates only, see `hours.ts`. */
  readonly hourColumn?: string;
  /** Marks the second pass of an hour that the clock shows twice. */
  readonly repeatColumn?: string;
  /** Abbreviation of the zone that a stamp is in. */
  readonly zoneColumn?: string;
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
  /** Rows to read, where a file mixes several kinds. */
  readonly only?: { readonly column: string; readonly value: string };
  /** Detected when left out. */
  readonly separator?: string;
  readonly decimalMark?: DecimalMark;
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
  readonly report: SeriesReport & {
    readonly badRows: number;
    readonly firstErrors: readonly RowError[];
    /** What was found or assumed, and what was lost, in words: the same list whoever reads the file. */
    readonly notes: readonly string[];
  };
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

/**
 * The layout of a publisher that fits a file, with what was told otherwise: its columns under the names that the file has.
 */
export function layoutOptions(
  bytes: Uint8Array,
  name: string,
  told: Partial<CsvOptions>,
): Result<CsvOptions & { readonly zone?: string }, DataError> {
  let error: DataError = { code: 'BAD_OPTION', message: `no layout is called '${name}'` };
  for (const layout of loadLayouts(name)) {
    const wanted = { ...layout, ...told };
    const table = readTable(bytes, tableOptions(wanted, neededColumns(wanted)));
    if (table.ok) {
      const { kind: _kind, name: _name, ...options } = fitted(wanted, table.value.header);
      return ok(options);
    }
    error = table.error;
  }
  return fail(error);
}

/** Reads, checks and grids a load file. */
export function loadCsv(bytes: Uint8Array, zone: Zone, options: CsvOptions): Result<LoadedData, DataError> {
  if ((options.qualityColumn === undefined) !== (options.qualityOk === undefined))
    return fail({
      code: 'BAD_OPTION',
      message: 'a quality column and its good value are given together or not at all',
    });
  const read = readTable(bytes, tableOptions(options, columnsOf(options)));
  if (!read.ok) return read;
  const table = read.value;
  const { rows } = table;
  const errors: RowError[] = [];
  const order = dateOrderOf(table, options);
  if (!order.ok) return order;
  const { stamps, areIntervals } = readStamps(table, options, order.value, zone, errors);
  if (isTooBad(rows.length, errors)) return fail(tooManyBad(rows.length, errors));
  const stepMs = stepOf(stamps);
  if (stepMs === undefined)
    return fail({
      code: 'NO_STEP',
      message: 'the stamps show no regular step of 5 to 60 minutes that divides an hour',
    });
  const label = areIntervals ? 'start' : options.label;
  const resolver = new StampResolver(zone, options.bareStamps, label === 'end' ? stepMs : 0);
  const accepted: LoadRow[] = [];
  const cells = cellReader(table, options, errors);
  rows.forEach((row, index) => {
    const stamp = stamps[index];
    if (stamp === undefined) return;
    const startMs = resolver.startOf(stamp);
    if (startMs === undefined) {
      const message = `the clock of ${zone.name} skipped this time`;
      errors.push({ line: row.line, code: 'NO_SUCH_LOCAL_TIME', message });
      return;
    }
    const cell = cells.read(row.cells, row.line, startMs);
    if (cell !== undefined) accepted.push(cell);
  });
  if (accepted.length === 0 || isTooBad(rows.length, errors)) return fail(tooManyBad(rows.length, errors));
  errors.sort((left, right) => left.line - right.line);

  const built = buildSeries(accepted, stepMs, zone);
  if (!built.ok) return built;
  const { series, report } = built.value;
  const badRows = linesOf(errors);
  const found = { ...report, ambiguousStamps: resolver.ambiguous, nonexistentStamps: resolver.nonexistent };
  return ok({
    series,
    schema: inferSchema(
      table.header,
      rows.slice(0, 500).map((row) => row.cells),
    ),
    provenance: {
      sha256: createHash('sha256').update(bytes).digest('hex'),
      bytes: bytes.length,
      rows: rows.length,
      acceptedRows: accepted.length,
      firstStartUtc: new Date(series.startMs).toISOString(),
      lastStartUtc: new Date(series.startMs + (series.load.length - 1) * stepMs).toISOString(),
    },
    report: {
      ...found,
      badRows,
      firstErrors: errors.slice(0, SHOWN_ERRORS),
      notes: notesOf({
        table,
        options,
        areIntervals,
        contradicted: resolver.contradicted,
        unclearNumber: cells.unclear,
        report: found,
        errors,
        badRows,
      }),
    },
  });
}

const tableOptions = (
  { separator, only }: Pick<CsvOptions, 'separator' | 'only'>,
  columns: readonly string[],
): TableOptions => ({
  columns,
  ...(separator !== undefined && { separator }),
  ...(only !== undefined && { only }),
});

function columnsOf(options: CsvOptions): string[] {
  return Object.entries(options).flatMap(([field, name]) =>
    field.endsWith('Column') && typeof name === 'string' ? [name] : [],
  );
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

function cellReader({ header, rows, separator }: CsvTable, options: CsvOptions, errors: RowError[]) {
  const position = (name: string | undefined): number => (name === undefined ? -1 : columnAt(header, name));
  const found = (at: number): MarkFound =>
    inferDecimalMark(
      rows.map(({ cells }) => cells[at] ?? ''),
      separator,
    );
  const column = (name: string | undefined, code: RowError['code']) => {
    const at = position(name);
    const { mark, unclear } = at < 0 ? { mark: '.' as const, unclear: undefined } : found(at);
    return { at, code, mark: options.decimalMark ?? mark, unclear };
  };
  const value = column(options.valueColumn, 'BAD_VALUE');
  const temperature = column(options.temperatureColumn, 'BAD_TEMPERATURE');
  const operator = column(options.operatorColumn, 'BAD_OPERATOR');
  const [holidayAt, qualityAt] = [position(options.holidayColumn), position(options.qualityColumn)];
  const number = (
    cells: readonly string[],
    { at, code, mark }: typeof value,
    line: number,
  ): number | undefined => {
    const cell = at < 0 ? '' : (cells[at] ?? '');
    if (isMissing(cell)) return Number.NaN;
    const text = (options.decimalMark === undefined ? numberText : decimalText)(cell, mark);
    if (text !== undefined) return Number(text);
    errors.push({ line, code, message: `'${cell}' in column '${header[at] ?? ''}' is no number` });
    return undefined;
  };
  const read = (cells: readonly string[], line: number, startMs: number): LoadRow | undefined => {
    const [load, degrees, published] = [value, temperature, operator].map((each) =>
      number(cells, each, line),
    );
    if (load === undefined || degrees === undefined || published === undefined) return undefined;
    const holidayCell = holidayAt < 0 ? '' : (cells[holidayAt] ?? '');
    // A holiday column may hold flags or names: a name means yes, an empty cell no.
    const holiday = isMissing(holidayCell) ? 0 : (parseFlag(holidayCell) ?? true) ? 1 : 0;
    const good = qualityAt < 0 || cells[qualityAt] === options.qualityOk;
    return { line, startMs, value: load, good, temperature: degrees, holiday, operator: published };
  };
  return { read, unclear: options.decimalMark === undefined ? value.unclear : undefined };
}

/** Rows with at least one error: a row with two bad cells is one. */
const linesOf = (errors: readonly RowError[]): number => new Set(errors.map(({ line }) => line)).size;

const isTooBad = (rows: number, errors: readonly RowError[]): boolean =>
  linesOf(errors) > rows * BAD_ROW_LIMIT;

function tooManyBad(rows: number, errors: readonly RowError[]): DataError {
  const shown = [...errors]
    .sort((left, right) => left.line - right.line)
    .slice(0, 3)
    .map((error) => `line ${error.line}: ${error.code} ${error.message}`);
  return {
    code: 'TOO_MANY_BAD_ROWS',
    message: `${linesOf(errors)} of ${rows} rows are unusable; check the column mapping. ${shown.join('; ')}`,
  };
}
