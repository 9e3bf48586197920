import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { liveThroughFullDisk } from './full-disk.ts';

const run = promisify(execFile);

/** PostgreSQL's own files and two segments of its log; what is left is filled up. */
const SIZE = '160m';
const CHUNK = Buffer.alloc(64 * 1024);

/** For who may mount: a file system of its own in memory, really full (`ENOSPC`). Not part of `npm test`. */
describe('a service whose database is on a full disk', function () {
  this.timeout(300_000);
  let folder: string;
  const filler = () => path.join(folder, 'filler');
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'roamgrid-tmpfs-'));
    await chmod(folder, 0o711);
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0711`, 'tmpfs', folder]);
  });
  after(async () => {
    await run('umount', [folder]);
    await rm(folder, { recursive: true });
  });

  it('says 503, loses nothing that it took, and goes on when there is room', async () => {
    const { accepted, refused } = await liveThroughFullDisk({
      folder: path.join(folder, 'state'),
      fill: () => {
        const file = openSync(filler(), 'w');
        try {
          for (;;) writeSync(file, CHUNK);
        } catch (thrown) {
          assert.equal((thrown as NodeJS.ErrnoException).code, 'ENOSPC');
        } finally {
          closeSync(file);
        }
        return Promise.resolve();
      },
      free: () => {
        rmSync(filler());
        return Promise.resolve();
      },
    });
    console.log(`      ${accepted} notes taken and there, ${refused} refused`);
  });
});
