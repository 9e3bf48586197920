import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clockSwitchIn } from './clock-switch.ts';

describe('the switch of the endorsers’ clock', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roamgrid-switch-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('is off only by a file that says so, and is read anew each time', async () => {
    const file = join(folder, 'endorsement-clock.json');
    const read = clockSwitchIn(file);
    assert.equal(read(), 'on', 'no file');
    await writeFile(file, '{"endorsementClock":"simulated"}\n');
    assert.equal(read(), 'simulated');
    const others = [
      '',
      '{',
      'null',
      '"simulated"',
      '{"endorsementClock":"off"}',
      '{"endorsementClock":["simulated"]}',
      '{"endorsementClock":"simulated","more":1}',
      '{"endorsementClock":"on"}',
    ];
    for (const text of others) {
      await writeFile(file, text);
      assert.equal(read(), 'on', text);
    }
    assert.equal(clockSwitchIn(folder)(), 'on', 'a folder');
  });
});
