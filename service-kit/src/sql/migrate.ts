import { sql, type Kysely, type Transaction } from 'kysely';

/** One step of a schema's history; never changed once released. */
export interface Migration {
  readonly name: string;
  up(trx: Transaction<unknown>): Promise<void>;
}

/** A migration written as SQL statements. */
export const sqlMigration = (name: string, ...statements: readonly string[]): Migration => ({
  name,
  up: async (trx) => {
    for (const statement of statements) await sql.raw(statement).execute(trx);
  },
});

/** Any number that no other program takes as its advisory lock: "roamgrid" in ASCII. */
const LOCK = 0x726f616d67726964n;

/**
 * Brings a schema up to date in one transaction: all missing steps or none. Starters wait for each other.
 * @throws Error when what was applied before is not the beginning of `migrations`.
 * @returns the names that were applied now.
 */
export const migrate = async <Db>(
  db: Kysely<Db>,
  schema: string,
  migrations: readonly Migration[],
): Promise<string[]> =>
  db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${LOCK})`.execute(trx);
    // A role that owns its schema and may make no other one is refused even when there is nothing to make.
    const known = await sql`select 1 from pg_namespace where nspname = ${schema}`.execute(trx);
    if (known.rows.length === 0) await sql`create schema ${sql.id(schema)}`.execute(trx);
    const table = sql.table(`${schema}.schema_migration`);
    await sql`create table if not exists ${table} (
      position int primary key, name text not null, applied_at timestamptz not null default now())`.execute(
      trx,
    );
    const { rows } = await sql<{ name: string }>`select name from ${table} order by position`.execute(trx);
    rows.forEach(({ name }, index) => {
      if (migrations[index]?.name !== name) {
        throw new Error(
          `schema ${schema} has step ${index + 1} "${name}", this program has "${migrations[index]?.name ?? 'none'}": use the program that made it, or another database`,
        );
      }
    });
    const missing = migrations.slice(rows.length);
    for (const [offset, step] of missing.entries()) {
      await step.up(trx as unknown as Transaction<unknown>);
      const position = rows.length + offset + 1;
      await sql`insert into ${table} (position, name) values (${position}, ${step.name})`.execute(trx);
    }
    return missing.map(({ name }) => name);
  });
