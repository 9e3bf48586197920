import { strict as assert } from 'node:assert';
import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlockFile, BlockFileError } from './block-file.ts';

describe('block file', () => {
  let directory = '';
  let path = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'blocks-'));
    path = join(directory, 'blocks.dat');
    const file = BlockFile.open(path);
    for (const text of ['first', 'second', 'third']) await file.append(Buffer.from(text));
    file.close();
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  function scan(repair: boolean): string[] {
    const file = BlockFile.open(path);
    try {
      return [...file.scan(BlockFile.start, repair)].map(({ payload }) => payload.toString());
    } finally {
      file.close();
    }
  }

  it('gives back what was appended, in order and by position', async () => {
    assert.deepEqual(scan(false), ['first', 'second', 'third']);
    const file = BlockFile.open(path);
    const records = [...file.scan(BlockFile.start, true)];
    const position = await file.append(Buffer.from('fourth'));
    assert.equal(file.read(position).toString(), 'fourth');
    assert.equal(file.read(records[1] ?? position).toString(), 'second');
    file.close();
  });

  it('a last record cut short at any byte is dropped when repairing, and the next append is sound', async () => {
    const { size } = statSync(path);
    const lastRecord = 8 + 'third'.length;
    for (let cut = 1; cut < lastRecord; cut += 1) {
      const whole = readFileSync(path);
      truncateSync(path, size - cut);
      assert.throws(() => scan(false), /cut short/);
      assert.deepEqual(scan(true), ['first', 'second']);
      const file = BlockFile.open(path);
      assert.equal([...file.scan(BlockFile.start, true)].length, 2);
      await file.append(Buffer.from('again'));
      file.close();
      assert.deepEqual(scan(false), ['first', 'second', 'again']);
      writeFileSync(path, whole);
    }
  });

  it('a tail of zeros that a crash of the machine left is dropped', () => {
    appendFileSync(path, Buffer.alloc(5000));
    assert.deepEqual(scan(true), ['first', 'second', 'third']);
  });

  it('damage before the last record is an error and is never repaired', () => {
    const bytes = readFileSync(path);
    bytes[BlockFile.start + 9] = (bytes[BlockFile.start + 9] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    assert.throws(() => scan(true), BlockFileError);
    assert.equal(readFileSync(path).length, bytes.length);
  });

  it('another file is not taken for a block file', () => {
    writeFileSync(path, 'something else entirely');
    assert.throws(() => scan(true), /is not a block file/);
  });
});
