import { sql, type Insertable, type Transaction } from 'kysely';
import { z } from 'zod';
import type { GatewayDb } from '../store/schema.ts';

type Table = keyof GatewayDb;

/** PostgreSQL takes at most 65,535 parameters a statement. */
const ROWS_A_STATEMENT = 1_000;

/** A value as it goes over the wire. */
export const wireText = <S extends z.ZodType>(schema: S, value: z.output<S>): string =>
  JSON.stringify(z.encode(schema, value));

/** Writes rows, many to a statement; a row whose key is there is replaced. */
export const upsert = async <T extends Table>(
  trx: Transaction<GatewayDb>,
  table: T,
  keys: readonly string[],
  rows: readonly Insertable<GatewayDb[T]>[],
): Promise<void> => {
  for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT) {
    const part = rows.slice(from, from + ROWS_A_STATEMENT);
    const columns = Object.keys(part[0] ?? {}).filter((column) => !keys.includes(column));
    const replaced = Object.fromEntries(columns.map((column) => [column, sql.ref(`excluded.${column}`)]));
    await trx
      .insertInto(table)
      .values(part)
      .onConflict((conflict) => {
        const target = conflict.columns(keys as never);
        return columns.length === 0 ? target.doNothing() : target.doUpdateSet(replaced as never);
      })
      .execute();
  }
};
