import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { livePid, startDetached, stopDetached, type DetachedProcess } from './process.ts';

describe('a detached process', () => {
  let dir: string;
  let job: DetachedProcess;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'roamgrid-process-'));
    job = {
      command: process.execPath,
      args: ['-e', 'console.log("secret is", process.env.SECRET); setInterval(() => undefined, 1000)'],
      cwd: dir,
      env: { GIVEN: 'yes' },
      logFile: join(dir, 'log'),
      pidFile: join(dir, 'pid'),
    };
  });

  afterEach(async () => {
    await stopDetached(job.pidFile, 'kill');
    rmSync(dir, { recursive: true });
  });

  it('is started once, however often it is asked for, and is gone after a stop', async () => {
    const pid = await startDetached(job);
    assert.equal(await startDetached(job), pid);
    assert.equal(await livePid(job.pidFile), pid);
    await stopDetached(job.pidFile);
    assert.equal(await livePid(job.pidFile), undefined);
    await stopDetached(job.pidFile);
  });

  it('that a supervisor started again while the one before was stopped stays known', async () => {
    const slow = [
      '-e',
      'process.on("SIGTERM", () => setTimeout(() => process.exit(), 300)); console.log("on"); setInterval(() => undefined, 1000)',
    ];
    await startDetached({ ...job, args: slow });
    for (let tries = 0; tries < 100 && readFileSync(job.logFile, 'utf8') === ''; tries += 1) await sleep(50);
    const stopping = stopDetached(job.pidFile);
    const again = join(dir, 'again');
    const pid = await startDetached({ ...job, pidFile: again });
    renameSync(again, job.pidFile);
    await stopping;
    assert.equal(await livePid(job.pidFile), pid);
  });

  it('does not see the environment of the one who started it', async () => {
    process.env['SECRET'] = 'leaked';
    try {
      await startDetached(job);
      for (let tries = 0; tries < 100 && readFileSync(job.logFile, 'utf8') === ''; tries += 1)
        await sleep(50);
      assert.equal(readFileSync(job.logFile, 'utf8'), 'secret is undefined\n');
    } finally {
      delete process.env['SECRET'];
    }
  });

  it('is not confused with another program that got the same process id', async () => {
    writeFileSync(job.pidFile, JSON.stringify({ pid: process.pid, startedAtMs: 0 }));
    assert.equal(await livePid(job.pidFile), undefined);
    await stopDetached(job.pidFile);
  });

  it('that cannot be started is reported', async () => {
    await assert.rejects(startDetached({ ...job, command: join(dir, 'absent') }), /ENOENT/);
  });
});
