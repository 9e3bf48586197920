import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@roamgrid/service-kit';
import { programConfig } from '../config.ts';
import type { Quota } from '../power/quota.ts';
import { JobBook } from './book.ts';
import { groupsOf, readProcesses, survivorsOf } from './processes.ts';
import { Runner } from './runner.ts';

describe('the processes of a job', function () {
  this.timeout(30_000);

  it('come under a quota when they begin, and it goes when none of them lives any more, as the kernel wants it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'runner-'));
    const events: string[] = [];
    let leader = 0;
    const isAlive = (): boolean => groupsOf(readProcesses()).get(leader)?.isAlive === true;
    const quota: Quota = {
      means: 'of this test',
      take: (jobId, pid) => {
        leader = pid;
        events.push(`take ${jobId} ${isAlive() ? 'alive' : 'dead'}`);
      },
      set: () => undefined,
      drop: (jobId) => void events.push(`drop ${jobId} ${isAlive() ? 'alive' : 'dead'}`),
      close: () => undefined,
    };
    const program = programConfig.parse({
      ...{ name: 'sleeps', command: '/bin/sleep', fixedArguments: ['100'], runningW: '1', coreW: '1' },
    });
    const make = (): readonly [JobBook, Runner] => {
      const book = new JobBook(folder);
      const shared = {
        tokenPrefix: `${folder}:`,
        nowMs: Date.now,
        log: createLogger('r', { level: 'silent' }),
      };
      return [book, new Runner({ ...shared, book, programs: [program], quota })];
    };
    const [book, runner] = make();
    try {
      const order = { jobId: 'j', program: 'sleeps', arguments: [], kind: 'ordinary', priority: 5 } as const;
      const record = { arrivedMs: 0, standing: 'here', hop: 0, runs: 0, cpuMs: 0 } as const;
      runner.begin({ order: { ...order, arguments: [] }, ...record });
      // The next agent of the folder finds it, and takes it under its own.
      const [, next] = make();
      await next.recover();
      await next.stop('j', 'cancelled', 'enough');
      assert.equal(isAlive(), false);
      assert.deepEqual(events, ['take j alive', 'take j alive', 'drop j dead']);
      assert.equal(book.of('j')?.standing, 'here', 'the first agent was as good as killed');
    } finally {
      await runner.endAll();
      rmSync(folder, { recursive: true });
    }
  });

  it('end with its run also where they left its group, however the run is over', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'strays-'));
    const tokenPrefix = `${folder}:`;
    // Its child has a group of its own, and would live for minutes.
    const leaves = (lastsMs: number): string =>
      `require('child_process').spawn('sleep', ['300'], { detached: true, stdio: 'ignore' }).unref();
       setTimeout(() => undefined, ${lastsMs});`;
    const programs = [300_000, 1].map((lastsMs, at) =>
      programConfig.parse({
        ...{ name: `leaves-${at}`, command: process.execPath, fixedArguments: ['-e', leaves(lastsMs)] },
        ...{ runningW: '1', coreW: '1' },
      }),
    );
    const quota: Quota = {
      ...{ means: 'of this test', take: () => undefined, set: () => undefined, drop: () => undefined },
      close: () => undefined,
    };
    const shared = { tokenPrefix, nowMs: Date.now, log: createLogger('r', { level: 'silent' }) };
    const runner = new Runner({ ...shared, book: new JobBook(folder), programs, quota });
    const living = (): number => [...survivorsOf(tokenPrefix).values()].flat().length;
    const comesTo = async (count: number): Promise<void> => {
      for (let look = 0; living() !== count; look += 1) {
        assert.ok(look < 100, `${living()} groups live, not ${count}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const begin = (jobId: string, program: string): void => {
      const order = { jobId, program, arguments: [], kind: 'ordinary', priority: 5 } as const;
      const record = { arrivedMs: 0, standing: 'here', hop: 0, runs: 0, cpuMs: 0 } as const;
      runner.begin({ order: { ...order, arguments: [] }, ...record });
    };
    try {
      begin('stopped', 'leaves-0');
      await comesTo(2);
      await runner.stop('stopped', 'cancelled', 'enough');
      await comesTo(0);

      begin('over', 'leaves-1');
      for (let look = 0; runner.has('over'); look += 1) {
        assert.ok(look < 100, 'its run is not over');
        runner.settle(groupsOf(readProcesses()));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await comesTo(0);

      begin('all', 'leaves-0');
      await comesTo(2);
      await runner.endAll();
      await comesTo(0);
    } finally {
      await runner.endAll();
      for (const group of [...survivorsOf(tokenPrefix).values()].flat()) process.kill(-group, 'SIGKILL');
      rmSync(folder, { recursive: true });
    }
  });
});
