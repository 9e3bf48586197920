import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { primesProgram } from './samples/index.ts';
import { Stand, type Desk } from './testing/stand.ts';

/** 25 primes below 100, 1,229 below 10,000, 9,592 below 100,000. */
describe('an agent', () => {
  let stand: Stand;
  let desk: Desk;
  before(async () => {
    stand = await Stand.make(['s1'], {
      programs: [
        primesProgram(),
        primesProgram({ name: 'watch', isCritical: true, runningW: '30', coreW: '15' }),
        { name: 'nothing', command: '/bin/true', runningW: '1', coreW: '1' },
        { name: 'fails', command: '/bin/false', runningW: '1', coreW: '1' },
        { name: 'shell-text', command: '/bin/echo', argumentPatterns: ['.*'], runningW: '1', coreW: '1' },
      ],
    });
    await stand.start('s1');
    desk = await stand.desk('s1');
  });
  after(() => stand.close());

  it('runs a job when it has power for it, and knows what came of it', async () => {
    const job = await desk.submit({
      jobId: 'counts',
      program: 'primes',
      arguments: ['10000', '0'],
      kind: 'ordinary',
    });
    assert.equal(job.state, 'waiting');
    assert.equal((await desk.reading()).state, 'standby');
    await desk.grant(200n);
    const done = await desk.isAt('counts', 'done');
    assert.equal(done.result, '{"primes":1229}');
    assert.equal(done.runs, 1);
    assert.equal(done.began, 'anew');
  });

  it('takes the same job once, and no other one under its id', async () => {
    const order = { jobId: 'once', program: 'nothing', kind: 'ordinary' } as const;
    await desk.submit(order);
    const done = await desk.isAt('once', 'done');
    assert.deepEqual(await desk.submit(order), done);
    await assert.rejects(desk.submit({ ...order, kind: 'urgent' }), /JOB_DIFFERS/);
    assert.equal((await desk.job('once')).runs, 1);
  });

  it('runs nothing that its operator does not allow, and nothing by a shell', async () => {
    await assert.rejects(
      desk.submit({ jobId: 'rm', program: 'rm', kind: 'ordinary' }),
      /PROGRAM_NOT_ALLOWED/,
    );
    for (const wrong of ['10000; id', '-1', '']) {
      const order = { jobId: 'wrong', program: 'primes', arguments: [wrong], kind: 'ordinary' } as const;
      await assert.rejects(desk.submit(order), /PROGRAM_NOT_ALLOWED/, wrong);
    }
    const tooMany = { jobId: 'many', program: 'nothing', arguments: ['1'], kind: 'ordinary' } as const;
    await assert.rejects(desk.submit(tooMany), /PROGRAM_NOT_ALLOWED/);
    await desk.submit({
      jobId: 'echo',
      program: 'shell-text',
      arguments: ['$(touch /tmp/made); `id`'],
      kind: 'ordinary',
    });
    await desk.isAt('echo', 'done');
    assert.equal(readFileSync(`${stand.folder}/s1/jobs/echo/work/out`, 'utf8'), '$(touch /tmp/made); `id`\n');
  });

  it('tells that a job failed, and how', async () => {
    await desk.submit({ jobId: 'fails', program: 'fails', kind: 'ordinary' });
    const failed = await desk.isAt('fails', 'failed');
    assert.equal(failed.exitCode, 1);
  });

  it('sheds by rank within its grant, in part where that is enough, and only critical jobs when told', async () => {
    const long = ['99999999', '0'];
    await desk.grant(20n + 100n + 50n, 60_000, { highW: 30n });
    await desk.submit({ jobId: 'peripheral', program: 'primes', arguments: long, kind: 'peripheral' });
    await desk.submit({ jobId: 'ordinary', program: 'primes', arguments: long, kind: 'ordinary' });
    await desk.submit({ jobId: 'critical', program: 'watch', arguments: long, kind: 'time-sensitive' });
    await desk.isAt('critical', 'running');
    await desk.isAt('ordinary', 'running');
    assert.equal((await desk.isAt('peripheral', 'throttled')).runs, 1);
    assert.equal((await desk.reading()).state, 'throttled');
    await desk.grant(20n + 100n);
    await desk.isAt('peripheral', 'held');
    await desk.isAt('ordinary', 'running');
    await desk.grant(20n + 200n, 60_000, { allow: 'critical' });
    await desk.isAt('ordinary', 'held');
    assert.equal((await desk.isAt('critical', 'running')).state, 'running');
    assert.equal((await desk.reading()).state, 'critical-only');
    await desk.grant(5n, 60_000, { highW: 0n });
    await desk.isAt('critical', 'held');
    assert.equal((await desk.reading()).state, 'suspended');
    const usedMs = async () => (await desk.job('critical')).cpuMs;
    await new Promise((resolve) => setTimeout(resolve, 150));
    const before = await usedMs();
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.equal(await usedMs(), before, 'a held job takes no processor time');
    await desk.grant(20n + 200n, 60_000, { highW: 30n });
    await desk.isAt('peripheral', 'running');
    assert.equal((await desk.reading()).state, 'running');
  });

  it('falls back to its standby power when a grant lapses, and at once when it is to be safe', async () => {
    await desk.grant(250n, 300, { highW: 0n });
    await desk.isAt('ordinary', 'running');
    await desk.isAt('ordinary', 'held');
    const lapsed = await desk.reading();
    assert.equal(lapsed.state, 'standby');
    assert.equal(lapsed.grantedW, 20n);
    await desk.grant(250n);
    await desk.isAt('ordinary', 'running');
    const safe = await desk.client.ask({ method: 'POST', path: '/v1/safe', timeoutMs: 5_000 });
    assert.equal(safe.ok, true);
    assert.equal((await desk.job('ordinary')).state, 'held');
  });

  it('says what each part of it wants, and what it takes by the processor time that it measured', async () => {
    await desk.grant(250n);
    const reading = await desk.reading();
    const claims = new Map(reading.claims.map((claim) => [claim.part, claim]));
    const ordinary = claims.get('ordinary');
    assert.equal(ordinary?.minW, 20n);
    assert.equal(ordinary.maxW >= 220n, true);
    assert.equal(ordinary.standbyW, 20n);
    assert.equal(claims.get('high')?.criticalW, claims.get('high')?.maxW);
    assert.equal(claims.get('high')?.preemptible, false);
    assert.match(reading.facts['watts'] ?? '', /processor time/);
    assert.match(reading.facts['throttling'] ?? '', /stop and continue \(no cgroup is configured\)/);
    await desk.isAt('ordinary', 'running');
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { measuredW } = await desk.reading();
    assert.equal(measuredW > 20n && measuredW <= 300n, true, String(measuredW));
  });

  it('ends a cancelled job with all its processes', async () => {
    for (const jobId of ['peripheral', 'ordinary', 'critical']) {
      const ended = await desk.client.ask({ method: 'DELETE', path: `/v1/jobs/${jobId}`, timeoutMs: 5_000 });
      assert.equal(ended.ok, true);
      assert.equal((await desk.job(jobId)).state, 'cancelled');
    }
    assert.deepEqual(stand.livingJobs(), []);
  });
});
