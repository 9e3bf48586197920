import assert from 'node:assert/strict';
import { primesProgram } from './samples/index.ts';
import { assertOneAtATime, Stand, until, type Desk } from './testing/stand.ts';

/** 6,057 primes below 60,000. */
const RESULT = '{"primes":6057}';

describe('a job that moves to another station', function () {
  this.timeout(120_000);
  let stand: Stand;
  afterEach(() => stand.close());

  const order = (name: string, program = 'primes') =>
    ({ jobId: name, program, arguments: ['60000', '1', stand.notesOf(name)], kind: 'peripheral' }) as const;

  const begin = async (
    ...programs: Parameters<typeof primesProgram>[0][]
  ): Promise<readonly [Desk, Desk]> => {
    stand = await Stand.make(['s1', 's2'], { programs: [primesProgram(), ...programs.map(primesProgram)] });
    await stand.start('s1');
    await stand.start('s2');
    return desks();
  };
  const desks = async (): Promise<readonly [Desk, Desk]> => {
    const both = [await stand.desk('s1'), await stand.desk('s2')] as const;
    for (const desk of both) await desk.grant(500n);
    return both;
  };
  const runsOn = (name: string, beats: number): Promise<boolean> =>
    until(`${name} runs`, () => Promise.resolve(stand.beats(name).length >= beats));

  it('goes on there from its checkpoint under its id, and only one of it ever ran', async () => {
    const [from, to] = await begin();
    const letGo = stand.hold('moves');
    await from.submit(order('moves'));
    await runsOn('moves', 10);
    const moved = await from.move('moves', 's2');
    assert.deepEqual(moved, { jobId: 'moves', to: 's2', goesOn: 'from-checkpoint', hop: 1 });
    letGo();
    const done = await to.isAt('moves', 'done');
    assert.equal(done.result, RESULT);
    assert.equal(done.began, 'from-checkpoint');
    assert.equal(done.movedFrom, 's1');
    const left = await from.job('moves');
    assert.deepEqual([left.state, left.movedTo], ['gone', 's2']);
    const begins = stand.beats('moves').filter(({ what }) => what === 'begin');
    assert.equal(begins.length, 2);
    assert.equal((begins[1]?.next ?? 0) > 2, true, 'it did not begin anew');
    assertOneAtATime(stand.beats('moves'));
  });

  it('comes back as well, and can go again', async () => {
    const [one, two] = await begin();
    const letGo = stand.hold('wanders');
    await one.submit(order('wanders'));
    await runsOn('wanders', 5);
    await one.move('wanders', 's2');
    await two.isAt('wanders', 'running');
    await runsOn('wanders', 15);
    await two.move('wanders', 's1');
    await one.isAt('wanders', 'running');
    await one.move('wanders', 's2');
    letGo();
    const done = await two.isAt('wanders', 'done');
    assert.deepEqual([done.result, done.hop], [RESULT, 3]);
    assertOneAtATime(stand.beats('wanders'));
  });

  it('begins anew there, and says so, when it cannot leave a checkpoint, and only where that is allowed', async () => {
    const { checkpoint: _none, ...stubborn } = primesProgram({ name: 'stubborn' });
    stand = await Stand.make(['s1', 's2'], { programs: [stubborn] });
    await stand.start('s1');
    await stand.start('s2');
    const [from, to] = await desks();
    const letGo = stand.hold('anew');
    await from.submit(order('anew', 'stubborn'));
    await runsOn('anew', 5);
    await assert.rejects(from.move('anew', 's2'), /CANNOT_CHECKPOINT/);
    assert.equal((await from.isAt('anew', 'running')).runs, 1);
    assert.equal((await from.move('anew', 's2', true)).goesOn, 'anew');
    letGo();
    const done = await to.isAt('anew', 'done');
    assert.deepEqual([done.result, done.began], [RESULT, 'anew']);
    assertOneAtATime(stand.beats('anew'));
  });

  it('stays where it is when its checkpoint does not come in time, or the other one does not take it or is away', async () => {
    const deaf = {
      name: 'deaf',
      command: '/bin/sleep',
      argumentPatterns: [String.raw`\d+`],
      runningW: '1',
      coreW: '1',
    };
    const waits = {
      ...deaf,
      completion: 'result-file',
      checkpoint: { signal: 'SIGUSR2', waitMs: 200 },
    } as const;
    stand = await Stand.make(['s1', 's2'], { programs: [primesProgram(), waits] });
    const settings = stand.neighbours.settings as Map<string, ReturnType<typeof stand.neighbours.settingsOf>>;
    settings.set('s2', { ...stand.neighbours.settingsOf('s2'), programs: [] });
    await stand.start('s1');
    await stand.start('s2');
    const [from, to] = await desks();
    const letGo = stand.hold('stays');
    await from.submit({ ...order('stays'), arguments: ['60000', '1', stand.notesOf('stays')] });
    await runsOn('stays', 5);
    await assert.rejects(from.move('stays', 's2'), /TARGET_REFUSED.*PROGRAM_NOT_ALLOWED/);
    await assert.rejects(from.move('stays', 's9'), /CABINET_UNKNOWN/);
    await stand.stop('s2', 'end');
    await assert.rejects(from.move('stays', 's2'), /TARGET_AWAY/);
    letGo();
    const done = await from.isAt('stays', 'done');
    assert.deepEqual([done.result, done.runs], [RESULT, 1]);
    assert.equal(to.client.peer.id, 's2');
    assertOneAtATime(stand.beats('stays'));
  });

  it('is kept where it arrived and does not run there while the one that it comes from is away', async () => {
    stand = await Stand.make(['s1', 's2']);
    await stand.fork('s1', 'before:handed#1');
    await stand.start('s2');
    const [from, to] = await desks();
    const letGo = stand.hold('waits');
    await from.submit(order('waits'));
    await runsOn('waits', 5);
    await from.tryMove('waits', 's2');
    await stand.isDead('s1');
    assert.equal((await to.isAt('waits', 'arriving')).runs, 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal((await to.job('waits')).state, 'arriving');
    // Back again, it has the job, and the other one hears that and lets go of it.
    await stand.start('s1');
    await from.grant(500n);
    await until('it is let go', async () => (await to.maybeJob('waits')) === undefined);
    letGo();
    assert.equal((await from.isAt('waits', 'done')).result, RESULT);
    assertOneAtATime(stand.beats('waits'));
  });

  // Just before and just after each write that changes whose the job is, at either side.
  const STEPS: readonly (readonly ['s1' | 's2', string])[] = [
    ...['after:leaving#1', 'before:handed#1', 'after:handed#1'].map((at) => ['s1', at] as const),
    ...['after:handed#2', 'before:gone#1'].map((at) => ['s1', at] as const),
    ...['before:arriving#1', 'after:arriving#1', 'before:here#1', 'after:here#1'].map(
      (at) => ['s2', at] as const,
    ),
  ];
  for (const [who, at] of STEPS) {
    it(`is neither lost nor doubled when ${who} is killed ${at}`, async () => {
      stand = await Stand.make(['s1', 's2']);
      await stand.fork(who, at);
      await stand.start(who === 's1' ? 's2' : 's1');
      const [from, to] = await desks();
      const letGo = stand.hold('job');
      await from.submit(order('job'));
      await runsOn('job', 5);
      await from.tryMove('job', 's2');
      await stand.isDead(who);
      letGo();
      await stand.start(who);
      const settled = until('it is settled whose it is', async () => {
        for (const desk of [from, to]) await desk.grant(500n);
        const states = [await from.maybeJob('job'), await to.maybeJob('job')];
        return states.find((job) => job?.state === 'done');
      });
      const done = await settled;
      assert.equal(done.result, RESULT);
      assertOneAtATime(stand.beats('job'));
      const ends = stand.beats('job').filter(({ what }) => what === 'end');
      assert.equal(ends.length, 1);
      const both = [(await from.maybeJob('job'))?.state, (await to.maybeJob('job'))?.state];
      assert.equal(both.filter((state) => state === 'done').length, 1, both.join());
    });
  }
});
