import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Taken } from '../desk/desk.ts';
import { openFileDrop } from './file-drop.ts';

const refusing = (code: 'XML_INVALID' | 'MESSAGE_UNKNOWN') => (): Taken => ({
  outcome: 'refused',
  error: { code, message: 'why' },
});
const taking = (): Taken => ({ outcome: 'taken' });

describe('a folder shared with a bank', () => {
  let root = '';
  let nowMs = Date.now();
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'roamgrid-drop-'));
    nowMs = Date.now();
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });
  const drop = () => openFileDrop(root, () => nowMs);
  const inside = (name: string): string[] => readdirSync(join(root, name)).sort();
  const put = (name: string, text = '<a/>'): void => {
    writeFileSync(join(root, 'in', name), text);
  };

  it('has orders whole under their names, and the same again is the same', async () => {
    const { deliver } = drop();
    await deliver('ORDER-1', 'one');
    await deliver('ORDER-1', 'one');
    assert.deepEqual(inside('out'), ['ORDER-1.xml']);
    assert.equal(readFileSync(join(root, 'out', 'ORDER-1.xml'), 'utf8'), 'one');
  });

  it('is emptied in the order of the names, and nothing in it is lost', () => {
    const { collect } = drop();
    put('2.xml', '<b/>');
    put('1.xml');
    const seen: string[] = [];
    const collected = collect((bytes) => {
      seen.push(Buffer.from(bytes).toString('utf8'));
      return seen.length === 1 ? taking() : refusing('MESSAGE_UNKNOWN')();
    });
    assert.deepEqual(seen, ['<a/>', '<b/>']);
    assert.deepEqual(
      collected.map(({ name, outcome }) => [name, outcome]),
      [
        ['1.xml', 'taken'],
        ['2.xml', 'refused'],
      ],
    );
    assert.deepEqual(
      [inside('in'), inside('processed'), inside('refused')],
      [[], ['1.xml'], ['2.xml', '2.xml.why']],
    );
    assert.equal(readFileSync(join(root, 'refused', '2.xml.why'), 'utf8'), 'MESSAGE_UNKNOWN: why\n');
  });

  it('leaves what is still being written, by its name or because half of it is there', () => {
    const { collect } = drop();
    for (const name of ['.hidden.xml', 'a.xml.part', 'b.tmp']) put(name);
    put('half.xml', '<a>');
    assert.deepEqual(collect(refusing('XML_INVALID')), []);
    nowMs += 60_000;
    assert.deepEqual(
      collect(refusing('XML_INVALID')).map(({ name, outcome }) => [name, outcome]),
      [['half.xml', 'refused']],
    );
    assert.deepEqual(inside('in'), ['.hidden.xml', 'a.xml.part', 'b.tmp']);
  });

  it('has a file again whose taking fell before it was put away', () => {
    const { collect } = drop();
    put('1.xml');
    assert.throws(() =>
      collect(() => {
        throw new Error('fell');
      }),
    );
    assert.deepEqual(inside('in'), ['1.xml']);
    assert.equal(drop().collect(() => ({ outcome: 'repeated' }))[0]?.outcome, 'repeated');
    assert.deepEqual([inside('in'), inside('processed')], [[], ['1.xml']]);
  });

  it('does not read a file that is larger than any message', () => {
    const { collect } = drop();
    writeFileSync(join(root, 'in', 'huge.xml'), Buffer.alloc(17 * 1024 * 1024));
    let read = 0;
    const [huge] = collect(() => {
      read += 1;
      return taking();
    });
    assert.deepEqual([huge?.outcome, read], ['refused', 0]);
  });
});
