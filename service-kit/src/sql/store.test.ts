import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { chooseUser, clusterFolder } from './run-as.ts';
import { removeDatabase } from './embedded.ts';
import { isAlive } from './folder-lock.ts';
import { createReplayTable, seenIdTable } from '../auth/replay-table.ts';
import { sqlMigration } from './migrate.ts';
import { openStore, type Store } from './store.ts';

interface Db {
  note: { id: bigint; text: string };
}

const migrations = [sqlMigration('notes', 'create table note (id int8 primary key, text text not null)')];

const CHILD = `
import { openStore, sqlMigration } from ${JSON.stringify(new URL('../index.ts', import.meta.url).href)};
const [stateDir] = process.argv.slice(2);
const store = await openStore({ stateDir, database: 'duke', schema: 'gateway', migrations: [
  sqlMigration('notes', 'create table note (id int8 primary key, text text not null)')] });
for (let id = 1n; ; id += 1n) {
  await store.db.insertInto('note').values({ id, text: 'x' }).execute();
  process.stdout.write(id + '\\n');
}`;

describe('a store', function () {
  this.timeout(90_000);
  let stateDir: string;
  const open: Store<Db>[] = [];
  const openIt = async (over: Partial<Parameters<typeof openStore>[0]> = {}): Promise<Store<Db>> => {
    const store = await openStore<Db>({ stateDir, database: 'duke', schema: 'gateway', migrations, ...over });
    open.push(store);
    return store;
  };
  const folder = async () => clusterFolder(stateDir, await chooseUser());
  const postmasterPid = async () =>
    Number.parseInt(await readFile(path.join(await folder(), 'data', 'postmaster.pid'), 'utf8'), 10);

  it('remembers ids once over restarts and processes, and deletes them when they are out of use', async () => {
    const over = { schema: 'seen', migrations: [sqlMigration('seen', ...seenIdTable)] };
    const first = createReplayTable((await openIt(over)).db);
    assert.equal(await first.first('a', 100_000, 0), true);
    assert.equal(await first.first('a', 100_000, 1), false);
    const store = await openIt(over);
    const again = createReplayTable(store.db);
    assert.equal(await again.first('a', 100_000, 99_999), false);
    const both = await Promise.all([first.first('b', 400_000, 2), again.first('b', 400_000, 2)]);
    assert.deepEqual(both.sort(), [false, true]);
    const count = async () =>
      (await sql<{ n: number }>`select count(*)::int as n from seen_id`.execute(store.db)).rows;
    const endMs = Date.now() + 30_000;
    let nowMs = 500_000;
    while ((await count())[0]?.n !== 1 && Date.now() < endMs) {
      nowMs += 40_000;
      await again.first('c', 10_000_000, nowMs);
    }
    assert.deepEqual(await count(), [{ n: 1 }]);
  });

  before(async () => {
    stateDir = await mkdtemp(path.join(tmpdir(), 'roamgrid-store-'));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((store) => store.close()));
  });
  after(async () => {
    await rm(await folder(), { recursive: true, force: true });
    await rm(stateDir, { recursive: true, force: true });
  });

  it('starts a real server once for all who ask, and keeps each service in its own schema', async () => {
    const [a, b] = await Promise.all([openIt(), openIt({ schema: 'aaa' })]);
    await a.db.insertInto('note').values({ id: 1n, text: 'gateway' }).execute();
    await b.db.insertInto('note').values({ id: 1n, text: 'aaa' }).execute();
    const { rows } = await sql<{ version: string }>`select version()`.execute(a.db);
    assert.match(rows[0]?.version ?? '', /^PostgreSQL 18/);
    assert.equal((await a.db.selectFrom('note').select('text').executeTakeFirstOrThrow()).text, 'gateway');
    assert.equal((await b.db.selectFrom('note').select('text').executeTakeFirstOrThrow()).text, 'aaa');
  });

  it('keeps its data and its secret password when it is closed and opened again', async () => {
    const store = await openIt();
    const pid = await postmasterPid();
    await store.db.insertInto('note').values({ id: 9_007_199_254_740_993n, text: 'large' }).execute();
    await store.close();
    assert.equal(isAlive(pid), false);
    const again = await openIt();
    const row = await again.db
      .selectFrom('note')
      .selectAll()
      .where('text', '=', 'large')
      .executeTakeFirstOrThrow();
    assert.equal(row.id, 9_007_199_254_740_993n);
    const { mode } = await stat(path.join(await folder(), 'password'));
    assert.equal(mode & 0o077, 0);
  });

  it('begins anew when its data were removed, wherever they lie', async () => {
    const over = { database: 'anew' };
    const store = await openIt(over);
    await store.db.insertInto('note').values({ id: 1n, text: 'old' }).execute();
    await store.close();
    await removeDatabase(stateDir);
    assert.deepEqual(await (await openIt(over)).db.selectFrom('note').selectAll().execute(), []);
  });

  it('lets nobody in without the password', async () => {
    await openIt();
    const port = (await readFile(path.join(await folder(), 'data', 'postmaster.pid'), 'utf8')).split('\n')[3];
    await assert.rejects(
      openStore({
        databaseUrl: `postgres://duke_gateway:guess@127.0.0.1:${port ?? ''}/postgres`,
        stateDir,
        database: 'duke',
        schema: 'gateway',
        migrations,
      }),
      /password authentication failed/,
    );
  });

  const writeUntilKilled = async (): Promise<bigint> => {
    const script = path.join(stateDir, 'child.mts');
    await writeFile(script, CHILD);
    const child = spawn(
      process.execPath,
      ['--import', createRequire(import.meta.url).resolve('tsx'), script, stateDir],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let last = 0n;
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        const lines = chunk.toString('utf8').trim().split('\n');
        last = BigInt(lines.at(-1) ?? '0');
        if (last >= 20n) child.kill('SIGKILL');
      });
      child.once('exit', () => {
        resolve();
      });
    });
    return last;
  };

  it('survives kill -9 of the process, which leaves no server behind, and of the server too', async () => {
    const first = await openIt();
    await sql`truncate note`.execute(first.db);
    await first.close();
    const acknowledged = await writeUntilKilled();
    // The killed one's watch may have put the server away already, its pid file with it.
    const left = await postmasterPid().catch(() => undefined);
    while (left !== undefined && isAlive(left)) await new Promise((resolve) => setTimeout(resolve, 20));
    const restarted = await openIt();
    const orphan = await postmasterPid();
    const { rows } = await sql<{ most: bigint }>`select max(id) as most from note`.execute(restarted.db);
    assert.ok((rows[0]?.most ?? 0n) >= acknowledged);
    process.kill(orphan, 'SIGKILL');
    await restarted.close();
    const again = await openIt();
    assert.notEqual(await postmasterPid(), orphan);
    const after = await sql<{ most: bigint }>`select max(id) as most from note`.execute(again.db);
    assert.ok((after.rows[0]?.most ?? 0n) >= acknowledged);
  });

  it('is not ended with one of its users while another one lives', async () => {
    const first = await openIt();
    await sql`truncate note`.execute(first.db);
    const pid = await postmasterPid();
    await writeUntilKilled();
    // The watch of the killed one has had its say when its file is gone.
    while ((await readdir(path.join(await folder(), 'users'))).length > 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(await postmasterPid(), pid);
    await first.db.selectFrom('note').selectAll().execute();
  });

  it('starts over a stale pid file whose process id is another program’s now', async () => {
    const store = await openIt();
    const pid = await postmasterPid();
    const file = path.join(await folder(), 'data', 'postmaster.pid');
    const text = await readFile(file, 'utf8');
    process.kill(pid, 'SIGKILL');
    await store.close();
    await writeFile(file, text.replace(pid.toString(), process.pid.toString()));
    const again = await openIt();
    assert.notEqual(await postmasterPid(), process.pid);
    await again.db.selectFrom('note').selectAll().execute();
  });

  it('applies missing steps once, in order, all or none, and refuses a foreign history', async () => {
    const two = [...migrations, sqlMigration('extra', 'alter table note add column extra int8')];
    const broken = [...two, sqlMigration('half', 'create table half (id int8)', 'this is not SQL')];
    await assert.rejects(openIt({ schema: 'steps', migrations: broken }), /syntax error/);
    const store = await openIt({ schema: 'steps', migrations: two });
    const { rows } = await sql<{ name: string }>`select name from schema_migration order by position`.execute(
      store.db,
    );
    assert.deepEqual(
      rows.map(({ name }) => name),
      ['notes', 'extra'],
    );
    await Promise.all([
      openIt({ schema: 'steps', migrations: two }),
      openIt({ schema: 'steps', migrations: two }),
    ]);
    await assert.rejects(openIt({ schema: 'steps', migrations }), /step 2 "extra"/);
  });

  it('refuses names that are no names', async () => {
    await assert.rejects(
      openIt({ database: 'x"; drop database postgres; --' }),
      /no database, schema or role name/,
    );
  });
});
