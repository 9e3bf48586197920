import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileFlash } from './file-flash.ts';

/** A process that the operating system lets write no file beyond so many bytes: refused where a full disk would refuse. */
const PROGRAM = `
import { execFileSync } from 'node:child_process';
import { fileFlash } from ${JSON.stringify(join(import.meta.dirname, 'file-flash.ts'))};
const flash = fileFlash(process.argv[1]);
const tell = async (write) => {
  const fault = await write().then(() => '', (thrown) => thrown.code);
  return [fault, (await flash.load()).length];
};
const of = (size) => new Uint8Array(size);
const told = [await tell(() => flash.append(of(400)))];
execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=500:']);
told.push(await tell(() => flash.append(of(200))), await tell(() => flash.replace(of(600))), await tell(() => flash.append(of(100))));
console.log(JSON.stringify(told));
`;

describe('what a charger keeps in a file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'flash-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('is what was written last, behind what was there or in its place, for its owner alone', async () => {
    const path = join(folder, 'kept', 'vault');
    const [flash, bytes] = [fileFlash(path), (...all: number[]) => Uint8Array.from(all)];
    assert.deepEqual(await flash.load(), bytes());
    await flash.append(bytes(1, 2));
    await flash.append(bytes(3));
    assert.deepEqual(await fileFlash(path).load(), bytes(1, 2, 3));
    await flash.replace(bytes(9));
    await flash.append(bytes(8));
    assert.deepEqual(await fileFlash(path).load(), bytes(9, 8));
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(join(folder, 'kept')), ['vault']);
  });

  it('is never half of what a full disk refused', async function () {
    this.timeout(30_000);
    if (process.platform !== 'linux') return;
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...['--import', createRequire(import.meta.url).resolve('tsx'), '--input-type=module', '-e', PROGRAM],
      join(folder, 'kept'),
    ]);
    assert.deepEqual(JSON.parse(stdout), [
      ['', 400],
      ['EFBIG', 400],
      ['EFBIG', 400],
      ['', 500],
    ]);
  });
});
