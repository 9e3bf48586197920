import type { Kysely, Transaction } from 'kysely';
import type { AaaDatabase } from './schema.ts';

export type Db = Kysely<AaaDatabase>;
/** A unit of work: all of it or nothing. */
export type Trx = Transaction<AaaDatabase>;
