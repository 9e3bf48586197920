import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clockSwitchFile, EndorsementClockOn, setEndorsementClock } from './endorsement-clock.ts';

describe('the switch of a network’s endorsement clock', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roamgrid-clock-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const said = async (): Promise<unknown> => JSON.parse(await readFile(clockSwitchFile(folder), 'utf8'));

  it('goes from simulated to on', async () => {
    await setEndorsementClock(folder, 'simulated');
    await setEndorsementClock(folder, 'simulated');
    assert.deepEqual(await said(), { endorsementClock: 'simulated' });
    await setEndorsementClock(folder, 'on');
    await setEndorsementClock(folder, 'on');
    assert.deepEqual(await said(), { endorsementClock: 'on' });
  });

  it('never goes back, whether it was turned on or was on from the first', async () => {
    await setEndorsementClock(folder, 'on');
    await assert.rejects(setEndorsementClock(folder, 'simulated'), EndorsementClockOn);
    assert.deepEqual(await said(), { endorsementClock: 'on' });
    const later = join(folder, 'another');
    await setEndorsementClock(later, 'simulated');
    await setEndorsementClock(later, 'on');
    await assert.rejects(setEndorsementClock(later, 'simulated'), EndorsementClockOn);
  });

  it('counts as on when somebody wrote something else into it', async () => {
    for (const text of ['', '{"endorsementClock":"off"}']) {
      await writeFile(clockSwitchFile(folder), text);
      await assert.rejects(setEndorsementClock(folder, 'simulated'), EndorsementClockOn);
    }
  });
});
