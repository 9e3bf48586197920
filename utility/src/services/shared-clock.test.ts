import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readSharedClock, SharedClock } from './shared-clock.ts';

describe('a clock shared between processes', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clock-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('tells another process the time that was set last', async function () {
    this.timeout(20_000);
    const clock = new SharedClock(join(folder, 'clock'), 1_509_148_800_000);
    const nowMs = readSharedClock(clock.file);
    assert.equal(nowMs(), 1_509_148_800_000);
    clock.set(1_509_148_800_001);
    assert.equal(nowMs(), 1_509_148_800_001);
    const program = `import { readSharedClock } from ${JSON.stringify(join(import.meta.dirname, 'shared-clock.ts'))};
      console.log(readSharedClock(process.argv[1])());`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...['--import', 'tsx', '--input-type=module', '-e', program, clock.file],
    ]);
    assert.equal(stdout.trim(), '1509148800001');
    clock.close();
  });
});
