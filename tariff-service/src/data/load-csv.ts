import { createHash } from 'node:crypto';
import {
  columnAt,
  decimalText,
  inferDecimalMark,
  loadLayouts,
  numberText,
  readTable,
  type BareStamps,
  type CsvTable,
  type DateOrder,
  type DecimalMark,
  type MarkFound,
} from '@roamgrid/service-kit/csv';
import type { Zone } from '../time/zone.ts';
import { notesOf } from './notes.ts';
import { fittedLayout } from './fitted-layout.ts';
import { dateOrderOf, readStamps } from './read-stamps.ts';
import { type DataError, fail, ok, type Result } from './result.ts';
import { columnsOf, isTooBad, linesOf, stepOf, tableOptions, tooManyBad, type RowError } from './rows.ts';
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
/**
 * The layout of a publisher that fits a file, with what was told otherwise: its columns under the names that the file has.
 */
export function layoutOptions(
  bytes: Uint8Array,
  name: string,
  told: Partial<CsvOptions>,
): Result<CsvOptions & { readonly zone?: string }, DataError> {
  return fittedLayout(bytes, name, loadLayouts(name), told);
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
