import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSite10, liveSite10 } from './site-10.ts';
import { isSite11, liveSite11 } from './site-11.ts';
import { isSite9, liveSite9 } from './site-9.ts';

/** A value with each of its readings replaced by one that nothing shows, one at a time. */
const spoiled = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    const changed = list.flatMap((each, index) => spoiled(each).map((other) => list.with(index, other)));
    return [[...list, 'more'], ...changed];
  }
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, each]) =>
      spoiled(each).map((other) => ({ ...value, [name]: other })),
    );
  return [typeof value === 'number' ? value + 1_000_000 : typeof value === 'boolean' ? !value : 'spoiled'];
};

describe('rows of a site’s devices', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'site-devices-'));
  after(() => rmSync(folder, { recursive: true }));

  const holds = <Seen>(seen: Seen, is: (seen: Seen) => boolean): void => {
    assert.equal(is(seen), true, JSON.stringify(seen, null, 1));
    assert.deepEqual(JSON.parse(JSON.stringify(seen)), seen, 'plain JSON');
    for (const other of spoiled(seen)) assert.equal(is(other as Seen), false, JSON.stringify(other));
  };

  it('SITE-9 holds on its parts, and each reading of it counts', async () => {
    holds(await liveSite9(), isSite9);
  });
  it('SITE-10 holds on its parts, and each reading of it counts', async () => {
    holds(await liveSite10(folder), isSite10);
  });
  it('SITE-11 holds on its parts, and each reading of it counts', async () => {
    holds(await liveSite11(), isSite11);
  });
});
