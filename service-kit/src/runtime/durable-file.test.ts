import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * A process of its own, which the operating system then lets write no file beyond so many bytes (`EFBIG`): that is refused
 * where a full disk would refuse (`ENOSPC`), the first bytes taken and the rest not.
 */
const PROGRAM = `
import { execFileSync } from 'node:child_process';
import { writeDurably, readDurable } from ${JSON.stringify(join(import.meta.dirname, 'durable-file.ts'))};
const [file] = process.argv.slice(1);
const limit = (bytes) => execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=' + bytes + ':']);
const tell = (text) => {
  let fault = '';
  try { writeDurably(file, text); } catch (thrown) { fault = thrown.code; }
  return { fault, kept: readDurable(file)?.length };
};
const told = [tell('a'.repeat(1000))];
limit(500);
for (const each of [1, 2, 3]) told.push(tell('b'.repeat(2000)));
limit('unlimited');
told.push(tell('c'.repeat(3000)));
console.log(JSON.stringify(told));
`;

if (process.platform === 'linux')
  describe('a durable file, on a disk that takes no more', () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'durable-disk-'));
    });
    after(() => rm(folder, { recursive: true }));

    it('is refused and not half kept, leaves what was there before, and is kept when there is room again', async function () {
      this.timeout(30_000);
      const { stdout } = await promisify(execFile)(process.execPath, [
        ...['--import', createRequire(import.meta.url).resolve('tsx'), '--input-type=module', '-e', PROGRAM],
        join(folder, 'kept'),
      ]);
      const refused = { fault: 'EFBIG', kept: 1_000 };
      assert.deepEqual(JSON.parse(stdout), [
        { fault: '', kept: 1_000 },
        ...[refused, refused, refused],
        { fault: '', kept: 3_000 },
      ]);
    });
  });
