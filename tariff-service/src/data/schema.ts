import { decimalText, inferDateOrder, parseStamp } from '@roamgrid/service-kit/csv';

/** What a column means to the forecaster. */
export type ColumnRole = 'time' | 'value' | 'temperature' | 'holiday' | 'quality' | 'operator' | 'category';

/** What a column's cells look like. */
export type CellType = 'time' | 'number' | 'flag' | 'category' | 'empty';

export interface ColumnSchema {
  readonly name: string;
  readonly type: CellType;
  /** The role that name and type suggest; undefined when none does. */
  readonly role: ColumnRole | undefined;
  readonly emptyCells: number;
}

const NAMES: readonly (readonly [ColumnRole, RegExp, readonly CellType[]])[] = [
  ['time', /time|date|stamp|hour_?ending|period/iu, ['time']],
  ['operator', /operator|day.?ahead|forecast/iu, ['number']],
  ['temperature', /temp|^t\d*$|celsius|fahrenheit/iu, ['number']],
  ['holiday', /holiday|feast/iu, ['flag', 'category']],
  ['quality', /quality|status|flag/iu, ['category', 'flag']],
  ['value', /load|demand|value|mw|kw|consumption|power|energy/iu, ['number']],
];

/** Infers each column's type from its cells and its role from type and name. Never needs the whole file. */
export function inferSchema(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): readonly ColumnSchema[] {
  const taken = new Set<ColumnRole>();
  const columns = header.map((name, index) => {
    const cells = rows.map((row) => (row[index] ?? '').trim());
    return { name, type: typeOf(cells), emptyCells: cells.filter(isMissing).length };
  });
  return columns.map((column) => {
    const match = NAMES.find(
      ([role, pattern, types]) =>
        !taken.has(role) && pattern.test(column.name) && types.includes(column.type),
    );
    let role = match?.[0];
    if (role === undefined && column.type === 'category') role = 'category';
    if (role === undefined && column.type === 'time' && !taken.has('time')) role = 'time';
    if (role !== undefined && role !== 'category') taken.add(role);
    return { ...column, role };
  });
}

function typeOf(cells: readonly string[]): CellType {
  const filled = cells.filter((cell) => !isMissing(cell));
  if (filled.length === 0) return 'empty';
  const shown = inferDateOrder(filled);
  const order = shown === 'dmy' ? 'dmy' : 'mdy';
  const share = (test: (cell: string) => boolean): number => filled.filter(test).length / filled.length;
  if (share((cell) => parseFlag(cell) !== undefined) === 1) return 'flag';
  if (share((cell) => /[-/:]/u.test(cell.slice(1)) && parseStamp(cell, order) !== undefined) > 0.9)
    return 'time';
  if (share((cell) => (decimalText(cell, '.') ?? decimalText(cell, ',')) !== undefined) > 0.9)
    return 'number';
  return 'category';
}

/** Cells that stand for "no value". */
export function isMissing(cell: string): boolean {
  return cell === '' || /^(na|nan|null|none|n\/a|-|\?)$/iu.test(cell);
}

/** 0/1, true/false, yes/no. */
export function parseFlag(cell: string): boolean | undefined {
  if (/^(1|1\.0|true|yes|y|t)$/iu.test(cell)) return true;
  return /^(0|0\.0|false|no|n|f)$/iu.test(cell) ? false : undefined;
}
