import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSite13, liveSite13, type Site13Seen } from './site-13.ts';

/** Every value of a plain object, replaced by another of its kind, one at a time. */
const spoiled = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    return [
      [...list, 'more'],
      ...list.flatMap((each, index) => spoiled(each).map((other) => list.with(index, other))),
    ];
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, each]) =>
      spoiled(each).map((other) => ({ ...value, [name]: other })),
    );
  }
  return [typeof value === 'number' ? value + 1 : 'spoiled'];
};

describe('SITE-13', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'site-13-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('holds on real agents, and each reading of it counts', async () => {
    const seen = await liveSite13(folder);
    assert.equal(isSite13(seen), true, JSON.stringify(seen, null, 1));
    assert.deepEqual(JSON.parse(JSON.stringify(seen)), seen, 'plain JSON');
    const others = spoiled(seen) as readonly Site13Seen[];
    assert.ok(others.length > 50);
    for (const other of others) assert.equal(isSite13(other), false, JSON.stringify(other));
  });
});
