import pg from 'pg';
import { isLoopback } from '../http/server.ts';
import { DEFAULT_TIMES } from './bounded-pool.ts';

/** Where one service keeps its rows: a schema of its own in its utility's database. */
export interface ServiceSchema {
  readonly database: string;
  readonly schema: string;
}

const NAME = /^[a-z][a-z0-9_]{0,62}$/;

/** Both names of a service's place, so that they stand in statements as they are. */
export const checkNames = ({ database, schema }: ServiceSchema): void => {
  for (const name of [database, schema, roleOf({ database, schema })]) {
    if (!NAME.test(name))
      throw new Error(`"${name}" is no database, schema or role name: use a–z, 0–9 and _, at most 63 in all`);
  }
};

/** Name of a service's role. Roles are the whole server's, so the utility's database is part of it. */
export const roleOf = ({ database, schema }: ServiceSchema): string => `${database}_${schema}`;

/** The server's address for one role in one database. */
export const urlFor = (
  serverUrl: string,
  database: string,
  role?: { name: string; password: string },
): string => {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  if (role !== undefined) {
    url.username = role.name;
    url.password = role.password;
  }
  return url.href;
};

const connected = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: DEFAULT_TIMES.connect,
    query_timeout: DEFAULT_TIMES.statement,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

/** No service does more than its own rows ask for. */
const NO_RIGHTS = 'login nosuperuser nocreatedb nocreaterole noreplication nobypassrls';

/**
 * Relations that an earlier program made as another role. A sequence that belongs to a column goes with its table.
 * Spec: PostgreSQL 18, "ALTER TABLE", OWNER TO; "pg_depend", deptype a and i.
 */
const FOREIGN_RELATIONS = `
  select format('alter table %I.%I owner to ', n.nspname, c.relname) as statement
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'S') and c.relowner <> $2::regrole
    and not exists (select 1 from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
      and d.deptype in ('a', 'i') and c.relkind = 'S')`;

/**
 * Makes a service's role, database and schema as the owner of the server, or takes over what is there: the role owns its
 * schema with all that is in it, may connect to its own database alone, and nobody else may. Repeating it changes nothing.
 * @returns the address under which the service connects.
 */
export const prepareServiceRole = async (
  serverUrl: string,
  place: ServiceSchema,
  password: string,
): Promise<string> => {
  checkNames(place);
  const { database, schema } = place;
  const role = roleOf(place);
  await connected(serverUrl, async (client) => {
    const has = async (statement: string, name: string) =>
      ((await client.query(statement, [name])).rowCount ?? 0) > 0;
    const made = (await has('select 1 from pg_roles where rolname = $1', role)) ? 'alter' : 'create';
    await client.query(`${made} role ${role} ${NO_RIGHTS} password ${client.escapeLiteral(password)}`);
    if (!(await has('select 1 from pg_database where datname = $1', database)))
      await client.query(`create database ${database}`);
    // Whoever may sign in at the server may not look into every database of it, as PostgreSQL has it by default.
    for (const open of [database, 'postgres', 'template1'])
      await client.query(`revoke all on database ${open} from public`);
    await client.query(`grant connect on database ${database} to ${role}`);
  });
  await connected(urlFor(serverUrl, database), async (client) => {
    await client.query('revoke all on schema public from public');
    await client.query(`create schema if not exists ${schema} authorization ${role}`);
    await client.query(`alter schema ${schema} owner to ${role}`);
    const { rows } = await client.query<{ statement: string }>(FOREIGN_RELATIONS, [schema, role]);
    for (const { statement } of rows) await client.query(`${statement}${role}`);
  });
  return urlFor(serverUrl, database, { name: role, password });
};

/** A word that `pg` reads in an address about TLS, `disable` among its values. */
const SAYS_TLS = ['sslmode', 'ssl', 'sslrootcert'];

/** @throws Error for a server on another host whose connection would be plain without anybody having said so. */
export const refusePlainElsewhere = (databaseUrl: string): void => {
  const { hostname, searchParams } = new URL(databaseUrl);
  const host = searchParams.get('host') ?? hostname.replace(/^\[|\]$/g, '');
  // A path is a Unix socket, and without a host the connection is to this one.
  if (host === '' || host.startsWith('/') || isLoopback(host)) return;
  if (SAYS_TLS.some((word) => searchParams.has(word))) return;
  throw new Error(
    `INSECURE: the database at ${host} would be asked in plain, where others can read it: add ?sslmode=verify-full to ` +
      'database.url, or ?sslmode=disable where that is meant',
  );
};

/** @throws Error for a role that may read and change what is not its service's. */
export const refuseSuperuser = (isSuperuser: boolean, role: string, place: ServiceSchema): void => {
  if (!isSuperuser) return;
  throw new Error(
    `DATABASE_ROLE: "${role}" is a superuser of the PostgreSQL server, so the service could read every other one's tables: ` +
      `make a role of its own (${sqlFor(place)}) and give its name and password in database.url`,
  );
};

/** What an operator tells a server of their own, once, for one service. */
export const sqlFor = (place: ServiceSchema): string => {
  const role = roleOf(place);
  return (
    `create role ${role} login password '…'; create database ${place.database}; ` +
    `revoke all on database ${place.database} from public; grant connect on database ${place.database} to ${role}; ` +
    `and in that database: create schema ${place.schema} authorization ${role};`
  );
};
