import pg from 'pg';
import { ServiceError } from '../problem/service-error.ts';

/** Classes of SQLSTATE that are about the server, not about the statement. Spec: PostgreSQL 18, appendix A. */
const REACH = '08';
const ROOM = '53';

/** Spec: PostgreSQL 18, appendix A: admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped. */
const ENDING = new Set(['57P01', '57P02', '57P03', '57P04']);
/** query_canceled by `statement_timeout`, lock_not_available by `lock_timeout`. */
const TOO_LONG = new Set(['57014', '55P03']);
/** The session was ended: idle_in_transaction_session_timeout, transaction_timeout. */
const SESSION_ENDED = new Set(['25P03', '25P04']);
/** io_error and its kin, as with a disk that fails. */
const INPUT_OUTPUT = '58';
/**
 * PostgreSQL has no code of its own for every fault of a file ("File too large" of a limited process or a file system's
 * largest file, say) and calls those internal errors, with a text of this form.
 */
const INTERNAL = 'XX000';
const FILE_FAULT = /^could not (extend|write|create|open|read|fsync|flush|truncate|rename) /;

/** What a statement met that another one would not: nothing in it is wrong, and later it may succeed. */
export class DatabaseUnavailable extends ServiceError<'UNAVAILABLE'> {
  /** The connection is of no more use. */
  readonly isConnectionLost: boolean;
  /** Read by libraries that answer HTTP themselves. */
  readonly statusCode = 503;

  constructor(detail: string, isConnectionLost: boolean, cause: unknown) {
    super('UNAVAILABLE', detail, { cause });
    this.name = 'DatabaseUnavailable';
    this.isConnectionLost = isConnectionLost;
  }
}

const ofServer = (error: pg.DatabaseError): DatabaseUnavailable | undefined => {
  const code = error.code ?? '';
  if (TOO_LONG.has(code)) return new DatabaseUnavailable('the database took too long', false, error);
  if (code.startsWith(ROOM)) return new DatabaseUnavailable('the database has no room', false, error);
  if (code.startsWith(INPUT_OUTPUT) || (code === INTERNAL && FILE_FAULT.test(error.message)))
    return new DatabaseUnavailable('the database cannot use its disk', false, error);
  if (code.startsWith(REACH) || ENDING.has(code) || SESSION_ENDED.has(code))
    return new DatabaseUnavailable('the database is not there', true, error);
  return undefined;
};

/** The typed form of what says that the database is away; undefined for a fault of the statement or of the program. */
export const unavailableOf = (thrown: unknown): DatabaseUnavailable | undefined => {
  if (thrown instanceof DatabaseUnavailable) return thrown;
  if (thrown instanceof pg.DatabaseError) return ofServer(thrown);
  // Everything else that `pg` rejects with is about the connection, but for values that it cannot send.
  if (!(thrown instanceof Error) || thrown instanceof TypeError || thrown instanceof RangeError)
    return undefined;
  return new DatabaseUnavailable('the database does not answer', true, thrown);
};
