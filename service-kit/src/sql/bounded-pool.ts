import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { unavailableOf, type DatabaseUnavailable } from './database-unavailable.ts';

/** Longest waits for the database, ms. */
export interface StoreTimes {
  /** For a connection: until one is free, or made. */
  readonly connect: number;
  /** For one statement, its locks included. */
  readonly statement: number;
  readonly lock: number;
  /** A transaction whose owner does nothing any more holds its locks so long. */
  readonly idleInTransaction: number;
}

export const DEFAULT_TIMES: StoreTimes = {
  connect: 10_000,
  statement: 10_000,
  lock: 8_000,
  idleInTransaction: 30_000,
};

/** A server that lives ends a statement by itself; one that is frozen does not, and is given up this much later. */
const FROZEN_AFTER_MS = 2_000;

/** A pool that waits for nothing for ever and outlives every connection. */
export const openPool = (config: pg.PoolConfig, times: StoreTimes): pg.Pool => {
  const pool = new pg.Pool({
    ...config,
    connectionTimeoutMillis: times.connect,
    statement_timeout: times.statement,
    lock_timeout: times.lock,
    idle_in_transaction_session_timeout: times.idleInTransaction,
    query_timeout: times.statement + FROZEN_AFTER_MS,
    keepAlive: true,
  });
  // A connection that breaks is replaced at the next query; without listeners it would end the process: the pool's is for
  // those at rest, the client's for one that is in use.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
  });
  return pool;
};

const leased = (client: pg.PoolClient): PostgresPoolClient => {
  let lost: DatabaseUnavailable | undefined;
  const query = async (sql: string, parameters: readonly unknown[]): Promise<unknown> => {
    // A rollback behind a statement that never ended would wait as long again.
    if (lost !== undefined) throw lost;
    try {
      return await client.query(sql, [...parameters]);
    } catch (thrown) {
      const unavailable = unavailableOf(thrown);
      if (unavailable?.isConnectionLost === true) lost = unavailable;
      throw unavailable ?? thrown;
    }
  };
  return {
    query: query as PostgresPoolClient['query'],
    release: () => {
      client.release(lost !== undefined);
    },
  };
};

/**
 * The pool as `kysely` uses it: what says that the database is away is typed, and such a connection is not used again.
 * Whoever opened the pool ends it.
 */
export const typedPool = (pool: pg.Pool): PostgresPool => ({
  connect: async () => {
    try {
      return leased(await pool.connect());
    } catch (thrown) {
      throw unavailableOf(thrown) ?? thrown;
    }
  },
  end: () => Promise.resolve(),
});

/** Ends the connections; a server that does not let go of one is not waited for. */
export const endPool = async (pool: pg.Pool, limitMs = 3_000): Promise<void> => {
  if (pool.ending) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([pool.end(), late]);
  clearTimeout(timer);
};
