import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { startDatabase, type DatabaseProcess } from './embedded.ts';
import { sqlMigration } from './migrate.ts';
import { chooseUser, clusterFolder } from './run-as.ts';
import { openStore } from './store.ts';

const migrations = [
  sqlMigration('notes', 'create table note (id int generated always as identity primary key, text text)'),
  sqlMigration(
    'numbers',
    'create table number (id bigserial primary key)',
    'create view all_notes as select * from note',
  ),
];

const GATEWAY = { database: 'duke', schema: 'gateway' };
const AAA = { database: 'duke', schema: 'aaa' };
const OTHER = { database: 'alabama', schema: 'gateway' };

describe('the role of a service', function () {
  this.timeout(90_000);
  let stateDir: string;
  let server: DatabaseProcess;
  let folder: string;

  const ask = async (url: string, statement: string): Promise<unknown[]> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(statement)).rows;
    } finally {
      await client.end();
    }
  };
  const migrated = async (place: typeof GATEWAY): Promise<string> => {
    const url = await server.urlFor(place);
    const store = await openStore({ ...place, databaseUrl: url, stateDir: '/nonexistent', migrations });
    await store.close();
    return url;
  };
  const ownerUrl = async (): Promise<string> => {
    const password = await readFile(path.join(folder, 'password'), 'utf8');
    return `postgres://roamgrid:${password}@127.0.0.1:${server.port}/postgres`;
  };

  before(async () => {
    stateDir = await mkdtemp(path.join(tmpdir(), 'roamgrid-roles-'));
    server = await startDatabase(stateDir);
    folder = await clusterFolder(stateDir, await chooseUser());
    for (const place of [GATEWAY, AAA, OTHER]) await migrated(place);
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
    await rm(stateDir, { recursive: true, force: true });
  });

  it('is no superuser, makes no databases and roles, and owns all of its own schema', async () => {
    const url = await server.urlFor(GATEWAY);
    assert.deepEqual(
      await ask(
        url,
        'select rolname, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls from pg_roles where rolname = current_user',
      ),
      [
        {
          rolname: 'duke_gateway',
          rolsuper: false,
          rolcreatedb: false,
          rolcreaterole: false,
          rolreplication: false,
          rolbypassrls: false,
        },
      ],
    );
    await ask(url, "insert into gateway.note (text) values ('x')");
    await ask(url, 'alter table gateway.number add column extra int');
    await assert.rejects(
      ask(url, 'create table public.note (id int)'),
      /permission denied for schema public/,
    );
    await assert.rejects(ask(url, 'create schema mine'), /permission denied for database/);
  });

  it('is refused at another service’s tables, in its own utility’s database and in another’s', async () => {
    const url = await server.urlFor(AAA);
    for (const statement of [
      'select * from gateway.note',
      "insert into gateway.note (text) values ('x')",
      'drop table gateway.note',
      'drop schema gateway cascade',
    ])
      await assert.rejects(
        ask(url, statement),
        /permission denied for schema gateway|must be owner/,
        statement,
      );
    for (const database of ['alabama', 'postgres', 'template1']) {
      const elsewhere = new URL(url);
      elsewhere.pathname = `/${database}`;
      await assert.rejects(ask(elsewhere.href, 'select 1'), /permission denied for database/, database);
    }
    await assert.rejects(ask(url, 'set role duke_gateway'), /permission denied to set role/);
  });

  it('that comes and goes in the process that supervises the server takes nobody’s server away', async () => {
    const store = await openStore({ ...GATEWAY, stateDir, migrations });
    await store.close();
    assert.deepEqual(await ask(await server.urlFor(AAA), 'select 1 as one'), [{ one: 1 }]);
  });

  it('has a password of its own, in a private file, that is the same after the next start', async () => {
    const [gateway, aaa] = [new URL(await server.urlFor(GATEWAY)), new URL(await server.urlFor(AAA))];
    assert.notEqual(gateway.password, aaa.password);
    assert.equal(await server.urlFor(GATEWAY), gateway.href);
    const file = path.join(folder, 'roles', 'duke_gateway');
    assert.equal(await readFile(file, 'utf8'), gateway.password);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal((await stat(path.dirname(file))).mode & 0o777, 0o700);
    gateway.username = 'duke_aaa';
    await assert.rejects(ask(gateway.href, 'select 1'), /password authentication failed/);
    gateway.password = '';
    await assert.rejects(ask(gateway.href, 'select 1'), /password must be|SASL/);
  });

  it('takes over what the server’s owner made before there were roles', async () => {
    const owner = new URL(await ownerUrl());
    await ask(owner.href, 'create database older');
    owner.pathname = '/older';
    await ask(
      owner.href,
      `create schema gateway; set search_path = gateway;
       create table note (id int generated always as identity primary key, text text);
       create table number (id bigserial primary key); create view all_notes as select * from note;
       insert into note (text) values ('kept');
       create table schema_migration (position int primary key, name text not null, applied_at timestamptz not null default now());
       insert into schema_migration (position, name) values (1, 'notes'), (2, 'numbers')`,
    );
    const url = await migrated({ database: 'older', schema: 'gateway' });
    assert.deepEqual(await ask(url, 'select text from gateway.all_notes'), [{ text: 'kept' }]);
    await ask(
      url,
      'alter table gateway.note add column extra int; insert into gateway.number default values',
    );
  });

  it('is asked for: a service does not start as a superuser, or without its database', async () => {
    const place = { ...GATEWAY, stateDir: '/nonexistent', migrations };
    await assert.rejects(
      openStore({ ...place, databaseUrl: await ownerUrl() }),
      /^Error: DATABASE_ROLE: "roamgrid" is a superuser .*create role duke_gateway login/,
    );
    await assert.rejects(
      openStore({ ...place, databaseUrl: await server.urlFor(GATEWAY), database: 'none' }),
      /^Error: DATABASE_MISSING: .*"none" does not exist; .*create database none/,
    );
  });

  it('sends its password over TLS to a server on another host, unless plain is meant', async () => {
    const at = (databaseUrl: string) =>
      openStore({ ...GATEWAY, databaseUrl, stateDir: '/nonexistent', migrations, times: { connect: 200 } });
    for (const host of ['db.invalid', '192.0.2.1:5432', '[2001:db8::1]', 'x?host=db.invalid'])
      await assert.rejects(
        at(`postgres://duke_gateway:x@${host}`),
        /^Error: INSECURE: the database at/,
        host,
      );
    for (const word of ['sslmode=disable', 'sslmode=verify-full'])
      await assert.rejects(
        at(`postgres://duke_gateway:x@db.invalid/?${word}`),
        (thrown: Error) => !thrown.message.includes('INSECURE'),
      );
  });

  it('can be made by hand as the refusal says, and then the service starts', async () => {
    const owner = new URL(await ownerUrl());
    await ask(owner.href, "create role hand_router login password 'by-hand'");
    await ask(owner.href, 'create database hand');
    await ask(
      owner.href,
      'revoke all on database hand from public; grant connect on database hand to hand_router',
    );
    const inside = new URL(owner.href);
    inside.pathname = '/hand';
    await ask(inside.href, 'create schema router authorization hand_router');
    owner.username = 'hand_router';
    owner.password = 'by-hand';
    const store = await openStore({
      databaseUrl: owner.href,
      stateDir: '/nonexistent',
      database: 'hand',
      schema: 'router',
      migrations,
    });
    await store.close();
  });
});
