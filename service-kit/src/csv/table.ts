import { parse } from 'csv-parse/sync';
import { decode, type Encoding } from './decode.ts';

/** A row of cells and the line of the file that it ends on. */
export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

export interface CsvTable {
  readonly header: readonly string[];
  readonly rows: readonly CsvRow[];
  readonly separator: string;
  readonly encoding: Encoding;
  /** Lines above the header. */
  readonly headLines: number;
}

export interface TableOptions {
  /** Detected when left out. */
  readonly separator?: string;
  /** Columns that the header has to have; a name may end in `*`. The header is found by them. */
  readonly columns?: readonly string[];
  /** Rows to read, where a file mixes several kinds: those with this value in this column. */
  readonly only?: { readonly column: string; readonly value: string };
}

export interface TableError {
  readonly code: 'EMPTY_FILE' | 'NO_COLUMN' | 'MALFORMED_CSV';
  readonly message: string;
}

export type TableResult =
  { readonly ok: true; readonly value: CsvTable } | { readonly ok: false; readonly error: TableError };

export const SEPARATORS = [',', ';', '\t', '|'] as const;
const SAMPLE_LINES = 60;
/** Lines of a comment head, as some publishers write above the header. */
const COMMENT = /^(#|\\|\/\/)/;

const plain = (name: string): string => name.replace(/\s+/gu, ' ').trim().toLowerCase();

/** Where a column stands: its name as given, whatever its case and spaces, or the first that begins as a name with `*` does. */
export const columnAt = (header: readonly string[], name: string): number => {
  const exact = header.indexOf(name);
  if (exact >= 0) return exact;
  const wanted = plain(name);
  return wanted.endsWith('*')
    ? header.findIndex((each) => plain(each).startsWith(wanted.slice(0, -1)))
    : header.findIndex((each) => plain(each) === wanted);
};

const split = (text: string, separator: string): readonly CsvRow[] =>
  (
    parse(text, {
      delimiter: separator,
      info: true,
      relaxColumnCount: true,
      skipEmptyLines: true,
      trim: true,
    }) as unknown as readonly { record: string[]; info: { lines: number } }[]
  ).map(({ record, info }) => ({ line: info.lines, cells: record }));

/** How many cells most rows have, and how many rows that is. */
const shapeOf = (rows: readonly CsvRow[]): { readonly cells: number; readonly rows: number } => {
  const counts = new Map<number, number>();
  for (const { cells } of rows) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  const [best = [1, 0]] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0]);
  return { cells: best[0], rows: best[1] };
};

const hasAll = (columns: readonly string[], { cells }: CsvRow): boolean =>
  columns.every((name) => columnAt(cells, name) >= 0);

const detectSeparator = (text: string, columns: readonly string[]): string => {
  const sample = text.split(/\r?\n/u, SAMPLE_LINES).join('\n');
  const scored = SEPARATORS.map((separator) => {
    try {
      const rows = split(sample, separator);
      const shape = shapeOf(rows);
      const isNamed = columns.length > 0 && rows.some((row) => hasAll(columns, row));
      const share = shape.cells < 2 ? 0 : shape.rows / rows.length;
      return { separator, score: (isNamed ? 10 : 0) + share + shape.cells / 10_000 };
    } catch {
      return { separator, score: -1 };
    }
  });
  return scored.reduce((best, each) => (each.score > best.score ? each : best)).separator;
};

const headerIndex = (rows: readonly CsvRow[], columns: readonly string[]): number => {
  const named =
    columns.length === 0 ? -1 : rows.slice(0, SAMPLE_LINES).findIndex((row) => hasAll(columns, row));
  if (named >= 0) return named;
  const { cells: usual } = shapeOf(rows);
  const likely = rows.findIndex(
    ({ cells }) =>
      cells.length === usual && !COMMENT.test(cells[0] ?? '') && cells.filter(Boolean).length * 2 > usual,
  );
  return Math.max(0, likely);
};

const SEPARATOR_NAMES: Readonly<Record<string, string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'bars',
};

const fail = (code: TableError['code'], message: string): TableResult => ({
  ok: false,
  error: { code, message },
});

/**
 * Reads a file of any publisher into rows of cells: encoding, separator and header are found unless they are told. A row with
 * another number of cells is kept, so that its line can be named when it is refused.
 */
export const readTable = (bytes: Uint8Array, options: TableOptions = {}): TableResult => {
  const { text, encoding } = decode(bytes);
  const { columns = [], only } = options;
  const wanted = only === undefined ? columns : [...columns, only.column];
  const separator = options.separator ?? detectSeparator(text, wanted);
  let all: readonly CsvRow[];
  try {
    all = split(text, separator);
  } catch (error) {
    return fail(
      'MALFORMED_CSV',
      `not readable as CSV: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const at = headerIndex(all, wanted);
  const header = all[at]?.cells;
  if (header === undefined) return fail('EMPTY_FILE', 'the file is empty');
  const missing = wanted.filter((name) => columnAt(header, name) < 0);
  if (missing.length > 0) {
    const names = missing.map((name) => `'${name}'`).join(', ');
    const parted = SEPARATOR_NAMES[separator] ?? separator;
    return fail('NO_COLUMN', `no column ${names}; the file, parted by ${parted}, has: ${header.join(', ')}`);
  }
  const onlyAt = only === undefined ? -1 : columnAt(header, only.column);
  const rows = all.slice(at + 1).filter(({ cells }) => only === undefined || cells[onlyAt] === only.value);
  if (rows.length === 0) {
    const which = only === undefined ? '' : ` with '${only.value}' in column '${only.column}'`;
    return fail('EMPTY_FILE', `the file has no rows${which} under its header`);
  }
  return { ok: true, value: { header, rows, separator, encoding, headLines: at } };
};
