import { instantMs } from '@roamgrid/wire';
import { z } from 'zod';

/** A page of rows, each with the text that the next page begins after. */
export interface Page<T> {
  readonly items: T[];
  readonly cursor?: string;
}

export const paging = {
  after: z.string().max(200).exactOptional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
};
export const instant = z.coerce.number().pipe(instantMs);

export const pageOf = <R, T>(
  rows: readonly R[],
  limit: number,
  item: (row: R) => T,
  cursorOf: (row: R) => string,
): Page<T> => {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(item),
    ...(rows.length > limit && last !== undefined ? { cursor: cursorOf(last) } : {}),
  };
};

/** Cursors of two parts, `<number>/<id>`. */
export const splitCursor = (cursor: string): readonly [bigint, string] => {
  const at = cursor.indexOf('/');
  const number = cursor.slice(0, Math.max(0, at));
  return [/^\d{1,18}$/.test(number) ? BigInt(number) : 0n, cursor.slice(at + 1)];
};
