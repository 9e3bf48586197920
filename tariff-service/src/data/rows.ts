import type { Stamp, TableOptions } from '@roamgrid/service-kit/csv';
import { DAY_MS, MINUTE_MS } from '../time/zone.ts';
import type { DataError } from './result.ts';

/** What every reader of a table of intervals does with its rows: loads and prices alike. */

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

/** Above this share of unusable rows the column mapping is wrong rather than the data dirty. */
const BAD_ROW_LIMIT = 0.2;

export const tableOptions = (
  {
    separator,
    only,
  }: { readonly separator?: string; readonly only?: { readonly column: string; readonly value: string } },
  columns: readonly string[],
): TableOptions => ({
  columns,
  ...(separator !== undefined && { separator }),
  ...(only !== undefined && { only }),
});

/** Every column that options name. */
export function columnsOf(options: object): string[] {
  return Object.entries(options).flatMap(([field, name]) =>
    field.endsWith('Column') && typeof name === 'string' ? [name] : [],
  );
}

/** The most frequent difference between neighbouring stamps, when it divides an hour. */
export function stepOf(stamps: readonly (Stamp | undefined)[]): number | undefined {
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

/** Rows with at least one error: a row with two bad cells is one. */
export const linesOf = (errors: readonly RowError[]): number => new Set(errors.map(({ line }) => line)).size;

export const isTooBad = (rows: number, errors: readonly RowError[]): boolean =>
  linesOf(errors) > rows * BAD_ROW_LIMIT;

export function tooManyBad(rows: number, errors: readonly RowError[]): DataError {
  const shown = [...errors]
    .sort((left, right) => left.line - right.line)
    .slice(0, 3)
    .map((error) => `line ${error.line}: ${error.code} ${error.message}`);
  return {
    code: 'TOO_MANY_BAD_ROWS',
    message: `${linesOf(errors)} of ${rows} rows are unusable; check the column mapping. ${shown.join('; ')}`,
  };
}
