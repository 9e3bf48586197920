import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_BACKOFF, pauseMs } from './backoff.ts';
import type { Part } from './part.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';

const TSX = createRequire(import.meta.url).resolve('tsx');

/** A process that lives until it is ended, in order on SIGTERM unless it is told not to obey. */
const processPart = (name: string, more: Partial<Part> = {}, script = 'setInterval(()=>{},1000)'): Part => ({
  name,
  start: () => {
    const child: ChildProcess = spawn(process.execPath, ['-e', script], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const ended = new Promise<string>((resolve) =>
      child.once('exit', (code, signal) => {
        resolve(`exit ${signal ?? code ?? ''}`);
      }),
    );
    const pids = child.pid === undefined ? [] : [child.pid];
    return Promise.resolve({
      pids,
      ended,
      stop: async () => {
        child.kill('SIGTERM');
        await ended;
      },
    });
  },
  ...more,
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await sleep(10);
};

describe('a supervisor', () => {
  let supervisor: Supervisor;
  let said: string[];
  const make = (changes: Parameters<typeof createSupervisor>[1] = {}): Supervisor => {
    said = [];
    supervisor = createSupervisor((text) => said.push(text), {
      backoff: { firstMs: 5, longestMs: 20 },
      ...changes,
    });
    return supervisor;
  };
  afterEach(() => supervisor.stop());

  it('starts a part again that was killed, tells how long it was away, and for what', async () => {
    const part = await make().run(processPart('one'));
    const [first = 0] = part.pids;
    part.kill('SIGKILL');
    await until(() => part.restarts === 1);
    assert.equal(part.state, 'running');
    assert.notEqual(part.pids[0], first);
    assert.equal(part.lastOutage?.reason, 'exit SIGKILL');
    assert.ok((part.lastOutage.untilMs ?? 0) >= part.lastOutage.fromMs);
    assert.deepEqual(supervisor.checks(), [{ name: 'one', ok: true }]);
  });

  it('ends every part in order, the last started first, and starts none of them again', async () => {
    const order: string[] = [];
    const telling = (name: string): Part => {
      const part = processPart(name);
      return {
        ...part,
        start: async () => {
          const run = await part.start();
          void run.ended.then(() => order.push(name));
          return run;
        },
      };
    };
    make();
    const handles = [];
    for (const name of ['database', 'peer', 'gateway']) handles.push(await supervisor.run(telling(name)));
    const pids = handles.flatMap((each) => each.pids);
    await supervisor.stop();
    assert.deepEqual(order, ['gateway', 'peer', 'database']);
    assert.deepEqual(pids.filter(isAlive), []);
    assert.deepEqual(
      handles.map(({ restarts }) => restarts),
      [0, 0, 0],
    );
    await assert.rejects(supervisor.run(processPart('late')), /the supervisor ends/);
  });

  it('kills a part that does not obey, or is frozen, when all end', async () => {
    make({ stopLimitMs: 100 });
    const deaf = await supervisor.run(
      processPart('deaf', {}, "process.on('SIGTERM',()=>{});setInterval(()=>{},1000)"),
    );
    const frozen = await supervisor.run(processPart('frozen'));
    await sleep(300);
    frozen.kill('SIGSTOP');
    const pids = [...deaf.pids, ...frozen.pids];
    await supervisor.stop();
    assert.deepEqual(pids.filter(isAlive), []);
  });

  it('kills a part that runs and does not answer, and starts it again', async () => {
    make({ askEveryMs: 5, hangLimitMs: 30 });
    let answers = false;
    const part = await supervisor.run(processPart('hung', { isAlive: () => Promise.resolve(answers) }));
    await until(() => part.restarts > 0);
    answers = true;
    assert.match(said.join('\n'), /hung runs and does not answer: it is killed/);
  });

  it('says which part is gone for good when it does not come back, and stops trying', async () => {
    make({ giveUpAfterMs: 50 });
    let starts = 0;
    const good = processPart('peer');
    const part = await supervisor.run({
      name: 'peer',
      start: () => {
        starts += 1;
        return starts === 1 ? good.start() : Promise.reject(new Error('its file is damaged'));
      },
    });
    part.kill('SIGKILL');
    assert.deepEqual(await supervisor.gone, { name: 'peer', reason: 'its file is damaged' });
    const tried = starts;
    await sleep(60);
    assert.equal(starts, tried);
    assert.deepEqual(supervisor.checks(), [{ name: 'peer', ok: false, detail: 'gone: its file is damaged' }]);
    await assert.rejects(part.whenRunning(1_000), /peer does not run: its file is damaged/);
  });

  it('gives a part up that ends again and again as soon as it has started', async () => {
    make({ mostShortLived: 3 });
    const part = await supervisor.run(processPart('flapping', {}, 'process.exit(7)'));
    assert.deepEqual(await supervisor.gone, { name: 'flapping', reason: 'exit 7' });
    assert.equal(part.restarts, 3);
  });

  it('does not repeat a first start: what is wrong with it no repetition mends', async () => {
    make();
    let starts = 0;
    await assert.rejects(
      supervisor.run({
        name: 'wrong',
        start: () => {
          starts += 1;
          return Promise.reject(new Error('PORT_TAKEN: another program listens there'));
        },
      }),
      /PORT_TAKEN/,
    );
    assert.equal(starts, 1);
  });

  it('ends what was starting when it was told to stop', async () => {
    make();
    let release: () => void = () => undefined;
    const slow = processPart('slow');
    const pids: number[] = [];
    const starting = supervisor.run({
      name: 'slow',
      start: async () => {
        await new Promise<void>((resolve) => (release = resolve));
        const run = await slow.start();
        pids.push(...run.pids);
        return run;
      },
    });
    await sleep(10);
    const stopped = supervisor.stop();
    release();
    await Promise.all([starting, stopped]);
    assert.deepEqual(pids.filter(isAlive), []);
  });

  it('stops a part for a work that needs it away, which is no outage, and starts it again', async () => {
    const part = await make().run(processPart('peer'));
    const [before = 0] = part.pids;
    const wasAlive = await part.whileStopped(() => Promise.resolve(isAlive(before)));
    assert.equal(wasAlive, false);
    assert.equal(part.state, 'running');
    assert.equal(part.restarts, 0);
    assert.equal(part.lastOutage, undefined);
  });

  it('pauses longer and longer, never longer than the longest, and never in step', () => {
    const pauses = (random: number) =>
      [0, 1, 2, 3, 10, 1_000].map((n) => pauseMs(n, DEFAULT_BACKOFF, random));
    assert.deepEqual(pauses(0), [100, 200, 400, 800, 5_000, 5_000]);
    assert.deepEqual(pauses(0.5), [75, 150, 300, 600, 3_750, 3_750]);
  });
});

describe('a process of a service', function () {
  this.timeout(60_000);

  it('ends when its supervisor is killed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'supervisor-'));
    const script = join(folder, 'parent.mts');
    const child = join(import.meta.dirname, '..', 'services', 'service-child.ts');
    // It waits for its order, which never comes: even then it notices.
    await writeFile(
      script,
      `import { spawn } from 'node:child_process';
       import { writeFileSync } from 'node:fs';
       const child = spawn(process.execPath, ['--import', ${JSON.stringify(TSX)}, ${JSON.stringify(child)}], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
       writeFileSync(${JSON.stringify(join(folder, 'pid'))}, String(child.pid));
       setInterval(() => {}, 1000);`,
    );
    const parent = spawn(process.execPath, ['--import', TSX, script], {
      stdio: 'inherit',
    });
    let pid = 0;
    while (pid === 0) {
      await sleep(50);
      pid = Number(await readFile(join(folder, 'pid'), 'utf8').catch(() => '0'));
    }
    parent.kill('SIGKILL');
    await until(() => !isAlive(pid));
    await rm(folder, { recursive: true });
  });
});
