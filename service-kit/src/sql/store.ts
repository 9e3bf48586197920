import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { ReadyCheck } from '../http/service.ts';
import { DEFAULT_TIMES, endPool, openPool, typedPool, type StoreTimes } from './bounded-pool.ts';
import { unavailableOf } from './database-unavailable.ts';
import { acquireEmbedded, type EmbeddedServer } from './embedded.ts';
import { migrate, type Migration } from './migrate.ts';

export interface StoreOptions {
  /** A PostgreSQL server of the operator's; its user may create databases. Without it the shipped one is started. */
  readonly databaseUrl?: string;
  /** Where the shipped server keeps its data. */
  readonly stateDir: string;
  /** One database per utility; made when it is missing. */
  readonly database: string;
  /** One schema per service inside it. */
  readonly schema: string;
  readonly migrations: readonly Migration[];
  /** Largest number of connections. Default 10. */
  readonly connections?: number;
  /** Longest waits, ms. */
  readonly times?: Partial<StoreTimes>;
}

export interface Store<Db> {
  /** Statements that meet a database which is away are refused as `DatabaseUnavailable`; the next ones try anew. */
  readonly db: Kysely<Db>;
  /** For what needs a connection of its own, such as LISTEN. */
  readonly pool: pg.Pool;
  /** Whether the database answers now, for readiness; known within a second. */
  check(): Promise<ReadyCheck>;
  /** Ends the connections, and the shipped server when nobody else uses it. */
  close(): Promise<void>;
}

const NAME = /^[a-z][a-z0-9_]{0,62}$/;

/** int8 comes as bigint, never as a rounded number; everything else as `pg` has it. */
const typesWithBigint: pg.CustomTypesConfig = {
  getTypeParser: (...[oid, format]: Parameters<typeof pg.types.getTypeParser>): unknown =>
    oid === pg.types.builtins.INT8 && format !== 'binary'
      ? (text: string) => BigInt(text)
      : pg.types.getTypeParser(oid, format),
};

const withDatabase = (serverUrl: string, database: string): string => {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
};

/** Spec: PostgreSQL error codes, duplicate_database and the unique violation of two makers at once. */
const ALREADY_THERE = new Set(['42P04', '23505']);

const ensureDatabase = async (serverUrl: string, database: string): Promise<void> => {
  const client = new pg.Client({
    connectionString: serverUrl,
    connectionTimeoutMillis: DEFAULT_TIMES.connect,
    query_timeout: MIGRATION_TIMES.statement,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
  } catch (thrown) {
    if (!(thrown instanceof pg.DatabaseError && ALREADY_THERE.has(thrown.code ?? ''))) throw thrown;
  } finally {
    await client.end();
  }
};

/** Steps may take as long as they need, and wait for another starter's. */
const MIGRATION_TIMES: StoreTimes = { ...DEFAULT_TIMES, statement: 300_000, lock: 300_000 };
const CHECK_MS = 2_000;

/** Asks the database for a sign of life, one question at a time: a frozen server must not take up connection after connection. */
const createCheck = (pool: pg.Pool): Store<never>['check'] => {
  let asking: Promise<string | undefined> | undefined;
  return async () => {
    asking ??= pool
      .query('select 1')
      .then(
        () => undefined,
        (thrown: unknown) => unavailableOf(thrown)?.message ?? 'the database refuses',
      )
      .finally(() => {
        asking = undefined;
      });
    const late = sleep(CHECK_MS, `no answer within ${CHECK_MS} ms`, { ref: false });
    const fault = await Promise.race([asking, late]);
    return { name: 'database', ok: fault === undefined, ...(fault === undefined ? {} : { detail: fault }) };
  };
};

/** A migrated schema in a real PostgreSQL. */
export const openStore = async <Db>(options: StoreOptions): Promise<Store<Db>> => {
  const { database, schema } = options;
  for (const name of [database, schema]) {
    if (!NAME.test(name)) throw new Error(`"${name}" is no database or schema name: use a–z, 0–9 and _`);
  }
  let embedded: EmbeddedServer | undefined;
  let serverUrl = options.databaseUrl;
  if (serverUrl === undefined) {
    embedded = await acquireEmbedded(options.stateDir);
    serverUrl = embedded.url;
  }
  const config = (connections: number): pg.PoolConfig => ({
    connectionString: withDatabase(serverUrl, database),
    max: connections,
    options: `-c search_path=${schema}`,
    types: typesWithBigint,
  });
  try {
    await ensureDatabase(serverUrl, database);
    const patient = openPool(config(1), MIGRATION_TIMES);
    try {
      const migrating = new Kysely<Db>({ dialect: new PostgresDialect({ pool: patient }) });
      await migrate(migrating, schema, options.migrations);
    } finally {
      await endPool(patient);
    }
    const pool = openPool(config(options.connections ?? 10), { ...DEFAULT_TIMES, ...options.times });
    const db = new Kysely<Db>({ dialect: new PostgresDialect({ pool: typedPool(pool) }) });
    return {
      db,
      pool,
      check: createCheck(pool),
      async close() {
        await db.destroy();
        await endPool(pool);
        await embedded?.release();
      },
    };
  } catch (thrown) {
    await embedded?.release();
    throw thrown;
  }
};
