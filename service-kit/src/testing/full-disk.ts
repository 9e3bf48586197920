import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { publicAuth, reply, route } from '../http/route.ts';
import { createService } from '../http/service.ts';
import { createLogger } from '../log/logger.ts';
import { withKitProblems } from '../problem/catalogue.ts';
import { startDatabase, type DatabaseProcess } from '../sql/embedded.ts';
import { sqlMigration } from '../sql/migrate.ts';
import { openStore } from '../sql/store.ts';

/** A disk that can be filled up under PostgreSQL, and emptied again. */
export interface SmallDisk {
  readonly folder: string;
  /** @param pid of the server */
  fill(pid: number): Promise<void>;
  free(pid: number): Promise<void>;
}

const PLACE = { database: 'duke', schema: 'gateway' };
const NOTE_BYTES = 150_000;
const BEFORE = 20;
const REFUSED = 20;
/** Far more than either disk takes. */
const MOST = 2_000;

/** The server of a folder, started again whenever it ends, as a supervisor does. */
const keepUp = async (folder: string) => {
  let server: DatabaseProcess = await startDatabase(folder);
  let isOver = false;
  const { port } = server;
  const keeping = (async () => {
    while (!isOver) {
      await Promise.race([server.ended, sleep(100)]);
      if (await Promise.race([server.ended.then(() => true), sleep(0, false)]))
        server = await startDatabase(folder).catch(async () => {
          await sleep(200);
          return server;
        });
    }
  })();
  return {
    server: () => server,
    port,
    stop: async () => {
      isOver = true;
      await keeping;
      await server.stop();
    },
  };
};

/**
 * A service writes until its database has no room and on. Whatever it answers is taken or a 503; what it took is there when
 * there is room again, and then it takes more.
 */
export const liveThroughFullDisk = async (
  disk: SmallDisk,
): Promise<{ accepted: number; refused: number }> => {
  const kept = await keepUp(disk.folder);
  const store = await openStore<{ note: { id: number; text: string } }>({
    ...PLACE,
    databaseUrl: await kept.server().urlFor(PLACE),
    stateDir: disk.folder,
    migrations: [sqlMigration('notes', 'create table note (id int primary key, text text not null)')],
  });
  const service = createService({
    name: 'notes',
    version: '1',
    logger: createLogger('notes', { level: 'silent' }),
    problems: withKitProblems({}),
    rateLimit: 'off',
    ready: async () => [await store.check()],
    routes: [
      route({
        method: 'post',
        path: '/notes/:id',
        summary: 'Keeps a note',
        auth: publicAuth,
        params: z.object({ id: z.coerce.number().int() }),
        answers: { 201: z.number() },
        handler: async ({ params: { id } }) => {
          const text = randomBytes(NOTE_BYTES).toString('base64');
          await store.db.insertInto('note').values({ id, text }).execute();
          return reply(201, id);
        },
      }),
    ],
  });
  const url = await service.listen();
  const accepted: number[] = [];
  let refused = 0;
  const post = async (id: number): Promise<boolean> => {
    const answer = await fetch(`${url}/notes/${id}`, { method: 'POST' });
    const body = (await answer.json()) as { code?: string; detail?: string };
    if (answer.status === 201) accepted.push(id);
    else {
      assert.equal(answer.status, 503, JSON.stringify(body));
      assert.equal(body.code, 'UNAVAILABLE');
      refused += 1;
    }
    return answer.status === 201;
  };
  let id = 0;
  try {
    while (accepted.length < BEFORE) await post((id += 1));
    const filled = kept.server().pid;
    await disk.fill(filled);
    while (refused < REFUSED && id < MOST) await post((id += 1));
    assert.ok(refused >= REFUSED, 'the disk never was full');
    await disk.free(filled);
    while (!(await post((id += 1)))) await sleep(50);
    const rows = await store.db.selectFrom('note').select('id').execute();
    const there = new Set(rows.map((row) => row.id));
    assert.deepEqual(
      accepted.filter((each) => !there.has(each)),
      [],
      'was taken and is lost',
    );
    return { accepted: accepted.length, refused };
  } finally {
    await service.close();
    await store.close();
    await kept.stop();
  }
};
