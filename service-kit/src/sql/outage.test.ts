import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { z } from 'zod';
import { publicAuth, reply, route } from '../http/route.ts';
import { createService, type Service } from '../http/service.ts';
import { createLogger } from '../log/logger.ts';
import { withKitProblems } from '../problem/catalogue.ts';
import { postmasterPid } from '../testing/postmaster-pid.ts';
import { DatabaseUnavailable } from './database-unavailable.ts';
import { sqlMigration } from './migrate.ts';
import { chooseUser, clusterFolder } from './run-as.ts';
import { openStore, type Store } from './store.ts';

interface Db {
  note: { id: number };
}

const unavailable = (thrown: unknown): boolean => thrown instanceof DatabaseUnavailable;

describe('a database that goes away', function () {
  this.timeout(90_000);
  let stateDir: string;
  let store: Store<Db>;
  let service: Service;
  let url: string;
  let frozen: number[] = [];

  const open = (times?: Parameters<typeof openStore>[0]['times']) =>
    openStore<Db>({
      stateDir,
      database: 'duke',
      schema: 'gateway',
      migrations: [sqlMigration('notes', 'create table note (id int primary key)')],
      ...(times === undefined ? {} : { times }),
    });
  const folder = async () => clusterFolder(stateDir, await chooseUser());
  const backends = async (): Promise<number[]> => {
    const { rows } = await sql<{ pid: number }>`
      select pid from pg_stat_activity where backend_type = 'client backend'`.execute(store.db);
    return rows.map(({ pid }) => pid);
  };
  const thaw = (): void => {
    for (const pid of frozen.splice(0)) process.kill(pid, 'SIGCONT');
  };
  const ready = async () => {
    const answer = await fetch(`${url}/readyz`);
    const { checks } = (await answer.json()) as { checks: { name: string; ok: boolean; detail?: string }[] };
    return { status: answer.status, check: checks[0] };
  };

  before(async () => {
    stateDir = await mkdtemp(path.join(tmpdir(), 'roamgrid-outage-'));
    store = await open();
    service = createService({
      name: 'notes',
      version: '1',
      logger: createLogger('notes', { level: 'silent' }),
      problems: withKitProblems({}),
      ready: async () => [await store.check()],
      routes: [
        route({
          method: 'get',
          path: '/notes',
          summary: 'How many notes there are',
          auth: publicAuth,
          answers: { 200: z.number() },
          handler: async () => {
            const rows = await store.db.selectFrom('note').selectAll().execute();
            return reply(200, rows.length);
          },
        }),
      ],
    });
    url = await service.listen();
  });
  afterEach(thaw);
  after(async () => {
    await service.close();
    await store.close();
    await rm(await folder(), { recursive: true, force: true });
    await rm(stateDir, { recursive: true, force: true });
  });

  it('takes the transaction that runs with it, not the process, and the next one has a new connection', async () => {
    let pid = 0;
    const lost = store.db.transaction().execute(async (trx) => {
      await trx.insertInto('note').values({ id: 1 }).execute();
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
      pid = rows[0]?.pid ?? 0;
      await sql`select pg_terminate_backend(${pid})`.execute(store.db);
      // At rest inside the transaction: nobody waits for an answer when the connection breaks.
      await new Promise((resolve) => setTimeout(resolve, 50));
      await trx.insertInto('note').values({ id: 2 }).execute();
    });
    await assert.rejects(lost, unavailable);
    assert.deepEqual(await store.db.selectFrom('note').selectAll().execute(), []);
    assert.ok(!(await backends()).includes(pid));
  });

  it('is waited for no longer than agreed when it is frozen, is told at /readyz, and serves again when it thaws', async () => {
    const hasty = await open({ connect: 500, statement: 500, lock: 500 });
    try {
      await hasty.db.selectFrom('note').selectAll().execute();
      frozen = [...(await backends()), await postmasterPid(stateDir)];
      for (const pid of frozen) process.kill(pid, 'SIGSTOP');
      const many = Array.from({ length: 12 }, () => hasty.db.selectFrom('note').selectAll().execute());
      const inTransaction = hasty.db
        .transaction()
        .execute((trx) => trx.insertInto('note').values({ id: 3 }).execute());
      for (const outcome of await Promise.allSettled([...many, inTransaction])) {
        assert.equal(outcome.status, 'rejected');
        assert.ok(unavailable(outcome.reason), String(outcome.reason));
      }
      const { status, check } = await ready();
      assert.equal(status, 503);
      assert.deepEqual(check, { name: 'database', ok: false, detail: 'no answer within 2000 ms' });
      thaw();
      assert.deepEqual(await hasty.db.selectFrom('note').selectAll().execute(), []);
    } finally {
      thaw();
      await hasty.close();
    }
  });

  it('does not hold a closing service when it is frozen', async () => {
    const other = await open();
    await other.db.selectFrom('note').selectAll().execute();
    frozen = await backends();
    for (const pid of frozen) process.kill(pid, 'SIGSTOP');
    await other.close();
  });

  it('gives a statement up that waits for a lock, and the transaction that holds one for ever loses it', async () => {
    const hasty = await open({ lock: 200, idleInTransaction: 600 });
    try {
      const idle = hasty.db.transaction().execute(async (trx) => {
        await sql`lock table note in access exclusive mode`.execute(trx);
        await assert.rejects(hasty.db.selectFrom('note').selectAll().execute(), unavailable);
        await new Promise((resolve) => setTimeout(resolve, 800));
        await trx.selectFrom('note').selectAll().execute();
      });
      await assert.rejects(idle, unavailable);
      assert.deepEqual(await hasty.db.selectFrom('note').selectAll().execute(), []);
    } finally {
      await hasty.close();
    }
  });

  it('does not turn a fault of the statement into its absence', async () => {
    await store.db.insertInto('note').values({ id: 9 }).execute();
    await assert.rejects(store.db.insertInto('note').values({ id: 9 }).execute(), { code: '23505' });
    await store.db.deleteFrom('note').execute();
  });

  it('is a 503 with Retry-After to who asks the service, not a 500', async () => {
    process.kill(await postmasterPid(stateDir), 'SIGKILL');
    let answer = await fetch(`${url}/notes`);
    // Backends notice the death of their server at their next statement or a little later.
    while (answer.status === 200) answer = await fetch(`${url}/notes`);
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get('retry-after'), '2');
    assert.equal(((await answer.json()) as { code: string }).code, 'UNAVAILABLE');
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    const { status, check } = await ready();
    assert.equal(status, 503);
    assert.equal(check?.ok, false);
  });
});
