import assert from 'node:assert/strict';
import { primesProgram } from './samples/index.ts';
import { startAgent } from './start.ts';
import { assertOneAtATime, Stand, until } from './testing/stand.ts';

describe('an agent that was killed', function () {
  this.timeout(60_000);
  let stand: Stand;
  afterEach(() => stand.close());

  const job = (name: string, below = '60000') =>
    ({
      jobId: name,
      program: 'primes',
      arguments: [below, '1', stand.notesOf(name)],
      kind: 'ordinary',
    }) as const;

  it('takes over what went on without it, and runs nothing twice', async () => {
    stand = await Stand.make(['s1']);
    await stand.fork('s1');
    const desk = await stand.desk('s1');
    await desk.grant(500n);
    const letGo = stand.hold('survivor');
    await desk.submit(job('survivor'));
    await until('it runs', () => Promise.resolve(stand.beats('survivor').length > 3));
    await stand.kill('s1');
    assert.equal(stand.livingJobs().length, 1);
    await stand.start('s1');
    // Until it is told what it may take, it takes nothing.
    assert.equal((await desk.isAt('survivor', 'held')).runs, 1);
    await desk.grant(500n);
    letGo();
    const done = await desk.isAt('survivor', 'done');
    assert.equal(done.runs, 1);
    assert.equal(done.result, '{"primes":6057}');
    const beats = stand.beats('survivor');
    assert.equal(new Set(beats.map(({ pid }) => pid)).size, 1);
    assert.equal(beats.filter(({ what }) => what === 'end').length, 1);
  });

  it('begins again where its checkpoint was what died with it', async () => {
    stand = await Stand.make(['s1']);
    await stand.fork('s1');
    const desk = await stand.desk('s1');
    await desk.grant(500n);
    const letGo = stand.hold('dies');
    await desk.submit(job('dies'));
    await until('it runs', () => Promise.resolve(stand.beats('dies').length > 3));
    const [pid = 0] = stand.livingJobs();
    process.kill(pid, 'SIGUSR2');
    await until('it left a checkpoint and went on', () => Promise.resolve(stand.beats('dies').length > 12));
    await stand.kill('s1');
    process.kill(pid, 'SIGKILL');
    letGo();
    await stand.start('s1');
    await desk.grant(500n);
    const done = await desk.isAt('dies', 'done');
    assert.equal(done.runs, 2);
    assert.equal(done.began, 'from-checkpoint');
    assert.equal(done.result, '{"primes":6057}');
    assertOneAtATime(stand.beats('dies'));
    const second = stand.beats('dies').filter(({ what }) => what === 'begin')[1];
    assert.equal((second?.next ?? 0) > 2, true);
  });

  it('ends a process whose record does not know it, and begins it once', async () => {
    stand = await Stand.make(['s1'], { programs: [primesProgram()] });
    // Dies when the record says that a run begins, before the process is there; and when it is there and is not yet known.
    for (const dieAt of ['after:here#2', 'before:here#3']) {
      const name = dieAt.replace(/\W/g, '');
      await stand.fork('s1', dieAt);
      const desk = await stand.desk('s1');
      await desk.grant(500n);
      await desk.submit(job(name, '20000')).catch(() => undefined);
      await stand.isDead('s1');
      await stand.start('s1');
      await desk.grant(500n);
      const done = await desk.isAt(name, 'done');
      assert.equal(done.result, '{"primes":2262}');
      assertOneAtATime(stand.beats(name));
      assert.equal(stand.beats(name).filter(({ what }) => what === 'end').length, 1);
      await stand.stop('s1', 'end');
    }
  });

  it('leaves jobs stopped when it is ended in order, and the next one goes on with them', async () => {
    stand = await Stand.make(['s1']);
    await stand.start('s1');
    const desk = await stand.desk('s1');
    await desk.grant(500n);
    const letGo = stand.hold('over-night');
    await desk.submit(job('over-night'));
    await until('it runs', () => Promise.resolve(stand.beats('over-night').length > 3));
    await stand.stop('s1', 'suspend');
    const count = stand.beats('over-night').length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(stand.beats('over-night').length, count);
    await stand.start('s1');
    await desk.grant(500n);
    letGo();
    assert.equal((await desk.isAt('over-night', 'done')).runs, 1);
  });

  it('is not begun beside another one of its folder', async () => {
    stand = await Stand.make(['s1']);
    await stand.start('s1');
    const other = { ...stand.neighbours.settingsOf('s1'), listen: {} };
    await assert.rejects(startAgent(other), /ALREADY_RUNNING/);
  });
});
