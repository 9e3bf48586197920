import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@roamgrid/service-kit';
import { programConfig } from '../config.ts';
import type { Quota } from '../power/quota.ts';
import { JobBook } from './book.ts';
import { groupsOf, readProcesses } from './processes.ts';
import { Runner } from './runner.ts';

describe('the processes of a job', () => {
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
});
