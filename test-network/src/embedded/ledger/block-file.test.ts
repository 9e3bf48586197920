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

  function scan(isRepaired: boolean): string[] {
    const file = BlockFile.open(path);
    try {
      const texts = [...file.scan(BlockFile.start)].map(({ payload }) => payload.toString());
      if (isRepaired) file.dropTorn();
      return texts;
    } finally {
      file.close();
    }
  }

  it('gives back what was appended, in order and by position', async () => {
    assert.deepEqual(scan(false), ['first', 'second', 'third']);
    const file = BlockFile.open(path);
    const records = [...file.scan(BlockFile.start)];
    const position = await file.append(Buffer.from('fourth'));
    assert.equal(file.read(position).toString(), 'fourth');
    assert.equal(file.read(records[1] ?? position).toString(), 'second');
    file.close();
  });

  it('a last record cut short at any byte is dropped when repairing, and the next append is sound', async () => {
    const { size } = statSync(path);
    const lastRecord = 12 + 'third'.length;
    for (let cut = 1; cut < lastRecord; cut += 1) {
      const whole = readFileSync(path);
      truncateSync(path, size - cut);
      assert.deepEqual(scan(false), ['first', 'second']);
      assert.equal(statSync(path).size, size - cut, 'looking changes nothing');
      assert.deepEqual(scan(true), ['first', 'second']);
      assert.equal(statSync(path).size, size - lastRecord);
      const file = BlockFile.open(path);
      assert.equal([...file.scan(BlockFile.start)].length, 2);
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

  it('any flipped bit before the last record is damage, which is told with what to do and never repaired', () => {
    const whole = readFileSync(path);
    const lastRecord = 12 + 'third'.length;
    for (let at = BlockFile.start; at < whole.length - lastRecord; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const bytes = Buffer.from(whole);
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
        writeFileSync(path, bytes);
        assert.throws(
          () => scan(true),
          (thrown) =>
            thrown instanceof BlockFileError &&
            /^BLOCKS_DAMAGED: .* Put a copy of the whole state/.test(thrown.message),
          `byte ${at}, bit ${bit}`,
        );
        assert.ok(readFileSync(path).equals(bytes));
      }
    }
  });

  it('a flipped bit in the header of the last record is damage as well: a crash writes no wrong header', () => {
    const whole = readFileSync(path);
    const header = whole.length - 12 - 'third'.length;
    for (let at = header; at < header + 12; at += 1) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      writeFileSync(path, bytes);
      assert.throws(() => scan(true), /BLOCKS_DAMAGED/, `byte ${at}`);
    }
  });

  it('another file is not taken for a block file', () => {
    writeFileSync(path, 'something else entirely');
    assert.throws(() => scan(true), /is not a block file/);
  });
});
