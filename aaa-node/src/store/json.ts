import type { ColumnType } from 'kysely';

/** Written as any JSON value, read back parsed. */
export type Json<T> = ColumnType<T, string, string>;
