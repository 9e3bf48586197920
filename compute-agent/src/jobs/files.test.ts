import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programConfig } from '../config.ts';
import { Stand, type Desk } from '../testing/stand.ts';
import { readCheckpoint } from './checkpoint.ts';

describe('the files of a job', () => {
  let stand: Stand;
  let desk: Desk;
  const leaves = (name: string, command: string, ...fixedArguments: string[]) => ({
    ...{ name, command, fixedArguments, completion: 'result-file' as const, runningW: '1', coreW: '1' },
  });
  before(async () => {
    stand = await Stand.make(['s1'], {
      programs: [
        leaves('pipe', '/usr/bin/mkfifo', 'result'),
        leaves('link', '/bin/ln', '-s', '/etc/passwd', 'result'),
        leaves('endless', '/bin/ln', '-s', '/dev/zero', 'result'),
        leaves('large', '/usr/bin/truncate', '-s', '40M', 'result'),
        { name: 'prints', command: '/bin/echo', fixedArguments: ['hello'], runningW: '1', coreW: '1' },
      ],
    });
    await stand.start('s1');
    desk = await stand.desk('s1');
    await desk.grant(500n);
  });
  after(() => stand.close());

  const work = (jobId: string): string => join(stand.folder, 's1', 'jobs', jobId, 'work');

  it('are read as far as they are its own: no link leads out of its folder, and nobody waits at a pipe', async () => {
    for (const program of ['pipe', 'link', 'endless']) {
      await desk.submit({ jobId: program, program, kind: 'ordinary' });
      const over = await desk.isAt(program, 'failed');
      assert.equal(over.result, undefined, program);
    }
    await desk.submit({ jobId: 'large', program: 'large', kind: 'ordinary' });
    assert.equal((await desk.isAt('large', 'done')).result?.length, 4_096);
  });

  it('take what it prints, and let nothing of it through a link or pipe that was left in their place', async () => {
    const secret = join(stand.folder, 'secret');
    writeFileSync(secret, 'as it was');
    await desk.client.ask({ method: 'POST', path: '/v1/safe', timeoutMs: 5_000 });
    const kinds = ['plain', 'linked', 'piped'] as const;
    for (const jobId of kinds) await desk.submit({ jobId, program: 'prints', kind: 'ordinary' });
    symlinkSync(secret, join(work('linked'), 'out'));
    execFileSync('/usr/bin/mkfifo', [join(work('piped'), 'out')]);
    await desk.grant(500n);
    await desk.isAt('plain', 'done');
    assert.equal(readFileSync(join(work('plain'), 'out'), 'utf8'), 'hello\n');
    for (const jobId of ['linked', 'piped'])
      assert.match((await desk.isAt(jobId, 'failed')).why ?? '', /could not be begun/);
    assert.equal(readFileSync(secret, 'utf8'), 'as it was');
  });

  it('travel as a checkpoint up to 4 MiB, and as none when they are a link', () => {
    const folder = join(stand.folder, 'checkpoints');
    const file = join(folder, 'checkpoint');
    mkdirSync(folder);
    assert.equal(readCheckpoint(folder), undefined);
    writeFileSync(file, Buffer.alloc(4 * 1024 * 1024, 7));
    const found = readCheckpoint(folder);
    assert.ok(typeof found === 'object' && Buffer.from(found.base64, 'base64').length === 4 * 1024 * 1024);
    writeFileSync(file, Buffer.alloc(4 * 1024 * 1024 + 1));
    assert.equal(readCheckpoint(folder), 'too-large');
    rmSync(file);
    symlinkSync('/etc/passwd', file);
    assert.equal(readCheckpoint(folder), undefined);
  });

  it('are of programs whose patterns are read when the agent starts', () => {
    const program = leaves('p', '/bin/true');
    assert.equal(programConfig.safeParse({ ...program, argumentPatterns: ['[0-9'] }).success, false);
    assert.equal(programConfig.safeParse({ ...program, argumentPatterns: ['[0-9]'] }).success, true);
  });
});
