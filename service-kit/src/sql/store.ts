import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { ReadyCheck } from '../http/service.ts';
import { DEFAULT_TIMES, endPool, openPool, typedPool, type StoreTimes } from './bounded-pool.ts';
import { unavailableOf } from './database-unavailable.ts';
import { acquireEmbedded } from './embedded.ts';
import { migrate, type Migration } from './migrate.ts';
import { checkNames, refusePlainElsewhere, refuseSuperuser, sqlFor, urlFor } from './service-role.ts';

export interface StoreOptions {
  /** A PostgreSQL server of the operator's, as the service's own role on it. Without it the shipped one is started. */
  readonly databaseUrl?: string;
  /** Where the shipped server keeps its data. */
  readonly stateDir: string;
  /** One database per utility. */
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

/** int8 comes as bigint, never as a rounded number; everything else as `pg` has it. */
const typesWithBigint: pg.CustomTypesConfig = {
  getTypeParser: (...[oid, format]: Parameters<typeof pg.types.getTypeParser>): unknown =>
    oid === pg.types.builtins.INT8 && format !== 'binary'
      ? (text: string) => BigInt(text)
      : pg.types.getTypeParser(oid, format),
};

/** Spec: PostgreSQL error codes, invalid_catalog_name. */
const NO_DATABASE = '3D000';

/** Brings the schema up to date, as a role that can touch nothing else. */
const prepare = async (pool: pg.Pool, { migrations, ...place }: StoreOptions): Promise<void> => {
  try {
    const { rows } = await pool.query<{ role: string; isSuperuser: boolean }>(
      'select rolname as role, rolsuper as "isSuperuser" from pg_roles where rolname = current_user',
    );
    for (const { role, isSuperuser } of rows) refuseSuperuser(isSuperuser, role, place);
  } catch (thrown) {
    if (!(thrown instanceof pg.DatabaseError && thrown.code === NO_DATABASE)) throw thrown;
    throw new Error(`DATABASE_MISSING: ${thrown.message}; as the server's owner: ${sqlFor(place)}`, {
      cause: thrown,
    });
  }
  await migrate(new Kysely({ dialect: new PostgresDialect({ pool }) }), place.schema, migrations);
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
  checkNames(options);
  if (options.databaseUrl !== undefined) refusePlainElsewhere(options.databaseUrl);
  const embedded = options.databaseUrl === undefined ? await acquireEmbedded(options.stateDir) : undefined;
  const config = (url: string, connections: number): pg.PoolConfig => ({
    connectionString: url,
    max: connections,
    options: `-c search_path=${schema}`,
    types: typesWithBigint,
  });
  try {
    const url = (await embedded?.urlFor(options)) ?? urlFor(options.databaseUrl ?? '', database);
    const patient = openPool(config(url, 1), MIGRATION_TIMES);
    try {
      await prepare(patient, options);
    } finally {
      await endPool(patient);
    }
    const pool = openPool(config(url, options.connections ?? 10), { ...DEFAULT_TIMES, ...options.times });
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
