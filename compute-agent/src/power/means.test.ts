import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupsOf, readProcesses } from '../jobs/processes.ts';
import { chooseQuota } from './quota.ts';
import { openRapl } from './rapl.ts';

describe('what the machine offers', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'means-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is a quota of a cgroup v2 only where there is one to write with the controller for it', () => {
    assert.match(chooseQuota(undefined, 100, 2).means, /^stop and continue \(no cgroup is configured\)/);
    assert.match(chooseQuota(folder, 100, 2).means, /is no cgroup v2/);
    writeFileSync(join(folder, 'cgroup.controllers'), 'memory pids\n');
    assert.match(chooseQuota(folder, 100, 2).means, /has no controller cpu/);
    writeFileSync(join(folder, 'cgroup.controllers'), 'cpuset cpu memory\n');
    mkdirSync(join(folder, 'cgroup.subtree_control'));
    assert.match(chooseQuota(folder, 100, 2).means, /cannot be written/);
    rmSync(join(folder, 'cgroup.subtree_control'), { recursive: true });
    assert.equal(chooseQuota(folder, 100, 2).means, `cgroup v2 at ${folder}`);
  });

  it('writes a quota of all cores together, as cpu.max has it', () => {
    writeFileSync(join(folder, 'cgroup.controllers'), 'cpu\n');
    const quota = chooseQuota(folder, 100, 2);
    // A group that nobody has: what is tried here is what is written.
    const nobody = 4_194_303;
    mkdirSync(join(folder, 'job'));
    quota.set('job', nobody, 250);
    assert.equal(readFileSync(join(folder, 'job', 'cpu.max'), 'utf8'), '50000 100000');
    quota.set('job', nobody, 1_000);
    assert.equal(readFileSync(join(folder, 'job', 'cpu.max'), 'utf8'), 'max 100000');
    assert.equal(existsSync(join(folder, 'cgroup.subtree_control')), true);
  });

  it('is a part of the processor’s time by stop and continue', async () => {
    const busy: ChildProcess = spawn(process.execPath, ['-e', 'for (;;);'], {
      detached: true,
      stdio: 'ignore',
    });
    const leader = busy.pid ?? 0;
    const quota = chooseQuota(undefined, 100, 1);
    const usedMs = (): number => groupsOf(readProcesses()).get(leader)?.cpuMs ?? 0;
    const rounds = async (share: number, count: number): Promise<number> => {
      const before = usedMs();
      for (let round = 0; round < count; round += 1) {
        quota.set('job', leader, share);
        await sleep(100);
      }
      return usedMs() - before;
    };
    try {
      await rounds(1_000, 3);
      const whole = await rounds(1_000, 6);
      const part = await rounds(250, 6);
      await rounds(0, 1);
      assert.ok(part > 0 && part < whole * 0.7, `${part} of ${whole} ms`);
      assert.equal(await rounds(0, 3), 0);
    } finally {
      quota.close();
      process.kill(-leader, 'SIGKILL');
    }
  });

  it('is the processors’ own counter of energy, over its end as well, and none where it cannot be read', () => {
    assert.equal(openRapl(folder), undefined);
    const put = (microJ: number): void => {
      writeFileSync(join(folder, 'energy_uj'), `${microJ}\n`);
    };
    writeFileSync(join(folder, 'max_energy_range_uj'), '1000\n');
    put(900);
    const rapl = openRapl(folder);
    assert.ok(rapl);
    put(950);
    assert.equal(rapl.sinceLast(), 50n);
    put(30);
    assert.equal(rapl.sinceLast(), 80n);
  });
});
