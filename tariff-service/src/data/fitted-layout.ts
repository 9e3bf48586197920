import {
  fitted,
  neededColumns,
  readTable,
  type LoadLayout,
  type PriceLayout,
} from '@roamgrid/service-kit/csv';
import { type DataError, fail, ok, type Result } from './result.ts';
import { tableOptions } from './rows.ts';

/** The first of a publisher's layouts whose columns the file has, with what was told otherwise, under the file's own names. */
export function fittedLayout<L extends LoadLayout | PriceLayout, T extends object>(
  bytes: Uint8Array,
  name: string,
  layouts: readonly L[],
  told: T,
): Result<Omit<L & T, 'kind' | 'name'>, DataError> {
  let error: DataError = { code: 'BAD_OPTION', message: `no layout is called '${name}'` };
  for (const layout of layouts) {
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
