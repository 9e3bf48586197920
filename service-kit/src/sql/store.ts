import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
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
}

export interface Store<Db> {
  readonly db: Kysely<Db>;
  /** For what needs a connection of its own, such as LISTEN. */
  readonly pool: pg.Pool;
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
  const client = new pg.Client({ connectionString: serverUrl });
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
  try {
    await ensureDatabase(serverUrl, database);
    const pool = new pg.Pool({
      connectionString: withDatabase(serverUrl, database),
      max: options.connections ?? 10,
      options: `-c search_path=${schema}`,
      types: typesWithBigint,
    });
    // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
    pool.on('error', () => undefined);
    const db = new Kysely<Db>({ dialect: new PostgresDialect({ pool }) });
    try {
      await migrate(db, schema, options.migrations);
    } catch (thrown) {
      await db.destroy();
      throw thrown;
    }
    return {
      db,
      pool,
      async close() {
        await db.destroy();
        await embedded?.release();
      },
    };
  } catch (thrown) {
    await embedded?.release();
    throw thrown;
  }
};
