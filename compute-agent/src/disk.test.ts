import assert from 'node:assert/strict';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stand, until } from './testing/stand.ts';

describe('an agent whose disk takes nothing more', () => {
  let stand: Stand;
  afterEach(() => stand.close());

  it('keeps within its grant all the same, goes on when there is room, and begins nothing twice', async () => {
    stand = await Stand.make(['s1']);
    const settings = stand.neighbours.settings as Map<string, ReturnType<typeof stand.neighbours.settingsOf>>;
    const s1 = stand.neighbours.settingsOf('s1');
    settings.set('s1', { ...s1, meter: { ...s1.meter, intervalMs: 1_000 } });
    let looks = 0;
    const nowMs = (): number => {
      looks += 1;
      return Date.now();
    };
    await stand.start('s1', { nowMs });
    const desk = await stand.desk('s1');
    /** A file where a folder was: nothing can be written there, not even by root. */
    const block = (name: string): (() => void) => {
      const path = join(stand.folder, 's1', name);
      renameSync(path, `${path}.away`);
      writeFileSync(path, '');
      return () => {
        rmSync(path);
        renameSync(`${path}.away`, path);
      };
    };
    await desk.grant(500n, 1_500);
    const letGo = stand.hold('job');
    const order = { program: 'primes', kind: 'ordinary' } as const;
    await desk.submit({ ...order, jobId: 'job', arguments: ['60000', '1', stand.notesOf('job')] });
    await until('it runs', () => Promise.resolve(stand.beats('job').length > 3));
    // The register cannot be kept while the grant lapses.
    const unblock = block('energy');
    await desk.isAt('job', 'held');
    const beats = stand.beats('job').length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(stand.beats('job').length, beats);
    // Each round has failed since, and looks at the clock twice: slower ones would take longer than a test waits.
    const before = looks;
    await until('rounds keep their pace', () => Promise.resolve(looks - before >= 40));
    unblock();
    // Nor can what became of the job be kept when it ends.
    await desk.grant(500n);
    const unblockJobs = block('jobs');
    letGo();
    // Its folder was moved away under it, and it ends there.
    await until('it ended', () => Promise.resolve(stand.beats('job').some(({ what }) => what === 'end')));
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal((await desk.job('job')).state, 'running');
    unblockJobs();
    const done = await desk.isAt('job', 'done');
    assert.deepEqual([done.runs, done.result], [1, '{"primes":6057}']);
  });
});
