import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { PeerClient } from '@roamgrid/service-kit/peers';
import { transferFate } from '@roamgrid/wire';
import { Stand, type Desk } from '../testing/stand.ts';

describe('a cabinet that is offered a job', () => {
  let stand: Stand;
  let desk: Desk;
  let neighbour: PeerClient;
  before(async () => {
    stand = await Stand.make(['s1', 's2', 's3'], { maxJobs: 3, retryMs: 60_000 });
    await stand.start('s1');
    desk = await stand.desk('s1');
    neighbour = await stand.neighbours.ask({ role: 'cabinet', id: 's2' }, 's1');
  });
  after(async () => {
    await neighbour.close();
    await stand.close();
  });

  const offer = (jobId: string, changes: Readonly<Record<string, unknown>> = {}) => ({
    order: { jobId, program: 'primes', arguments: ['1000', '0'], kind: 'ordinary', priority: 5 },
    ...{ arrivedMs: 1, from: 's2', hop: 1 },
    ...changes,
  });
  const codeOf = async (
    method: 'PUT' | 'POST' | 'DELETE',
    path: string,
    body?: unknown,
    by = neighbour,
  ): Promise<string> => {
    const asked = await by.ask({
      method,
      path: `/v1/transfers/${path}`,
      timeoutMs: 5_000,
      ...(body !== undefined && { body }),
    });
    if (asked.ok) return 'ok';
    return asked.failure.kind === 'problem' ? asked.failure.problem.code : asked.failure.kind;
  };
  const checkpoint = (text: string, sha256 = createHash('sha256').update(text).digest('hex')) => ({
    checkpoint: { sha256, base64: Buffer.from(text).toString('base64') },
  });

  it('takes it once, runs it when it is released and not before, however often each is told', async () => {
    await desk.grant(500n);
    const going = offer('once', checkpoint('{"next":900,"primes":154}'));
    for (const time of [1, 2]) assert.equal(await codeOf('PUT', 'once', going), 'ok', `${time}`);
    assert.equal((await desk.job('once')).state, 'arriving');
    for (const time of [1, 2])
      assert.equal(await codeOf('POST', 'once/release', { hop: 1 }), 'ok', `${time}`);
    const done = await desk.isAt('once', 'done');
    // 14 primes are between 900 and 1,000: it did begin there.
    assert.deepEqual([done.result, done.began, done.runs], ['{"primes":168}', 'from-checkpoint', 1]);
    assert.equal(await codeOf('POST', 'once/release', { hop: 1 }), 'ok');
    assert.equal(await codeOf('DELETE', 'once?hop=1'), 'ok');
    assert.equal((await desk.job('once')).state, 'done');
    assert.equal(await codeOf('PUT', 'once', going), 'WRONG_STATE');
  });

  it('refuses what another cabinet offers in its name, what is spoiled, and what it may not run', async () => {
    assert.equal(await codeOf('PUT', 'stolen', offer('stolen', { from: 's3' })), 'JOB_DIFFERS');
    assert.equal(await codeOf('PUT', 'other', offer('stolen')), 'JOB_DIFFERS');
    assert.equal(
      await codeOf('PUT', 'spoiled', offer('spoiled', checkpoint('{}', '0'.repeat(64)))),
      'CHECKPOINT_DAMAGED',
    );
    const rm = offer('rm', { order: { jobId: 'rm', program: 'rm', kind: 'ordinary' } });
    assert.equal(await codeOf('PUT', 'rm', rm), 'PROGRAM_NOT_ALLOWED');
    for (const jobId of ['stolen', 'spoiled', 'rm']) assert.equal(await desk.maybeJob(jobId), undefined);
  });

  it('lets nobody but the one that offered it release it or take it back', async () => {
    assert.equal(await codeOf('PUT', 'mine', offer('mine')), 'ok');
    const third = await stand.neighbours.ask({ role: 'cabinet', id: 's3' }, 's1');
    assert.equal(await codeOf('POST', 'mine/release', { hop: 1 }, third), 'JOB_UNKNOWN');
    assert.equal(await codeOf('POST', 'mine/release', { hop: 2 }), 'JOB_UNKNOWN');
    assert.equal(await codeOf('DELETE', 'mine?hop=1', undefined, third), 'ok');
    assert.equal((await desk.job('mine')).state, 'arriving');
    assert.equal(await codeOf('PUT', 'mine', offer('mine', { from: 's3' }), third), 'WRONG_STATE');
    await third.close();
    assert.equal(await codeOf('DELETE', 'mine?hop=1'), 'ok');
    assert.equal(await desk.maybeJob('mine'), undefined);
  });

  it('takes no more jobs than it has room for', async () => {
    for (const jobId of ['a', 'b', 'c']) assert.equal(await codeOf('PUT', jobId, offer(jobId)), 'ok');
    assert.equal(await codeOf('PUT', 'd', offer('d')), 'CABINET_FULL');
    assert.equal(await codeOf('PUT', 'a', offer('a', { hop: 2 })), 'ok');
    for (const jobId of ['a', 'b', 'c']) await codeOf('DELETE', `${jobId}?hop=${jobId === 'a' ? 2 : 1}`);
  });

  it('says of a move of its own whose the job is, and nothing of what it never heard of', async () => {
    await desk.submit({ jobId: 'stays', program: 'primes', arguments: ['1000', '0'], kind: 'ordinary' });
    const ask = (path: string) =>
      neighbour.ask({ method: 'GET', path: `/v1/transfers/${path}`, answer: transferFate, timeoutMs: 5_000 });
    const known = await ask('stays?hop=1');
    assert.deepEqual(known.ok && known.value, { fate: 'kept' });
    const unknown = await ask('never?hop=1');
    assert.equal(
      !unknown.ok && unknown.failure.kind === 'problem' && unknown.failure.problem.code,
      'JOB_UNKNOWN',
    );
  });
});
