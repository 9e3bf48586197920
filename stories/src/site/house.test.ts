import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSite7, isSite8, liveSite7, liveSite8 } from './house.ts';
import { spoiled } from './testing/spoiled.ts';

const row = <T>(live: (folder: string) => Promise<T>, isRow: (seen: T) => boolean) =>
  async function () {
    const folder = mkdtempSync(join(tmpdir(), 'house-'));
    try {
      const seen = await live(folder);
      assert.ok(isRow(seen), JSON.stringify(seen, null, 1));
      assert.deepEqual(JSON.parse(JSON.stringify(seen)), seen, 'plain JSON');
      for (const other of spoiled(seen) as readonly T[]) assert.ok(!isRow(other), JSON.stringify(other));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };

describe('SITE-7 and SITE-8', function () {
  this.timeout(60_000);
  it(
    'SITE-7 holds on a site that is run as a service, and each reading of it counts',
    row(liveSite7, isSite7),
  );
  it(
    'SITE-8 holds on a site that is run as a service, and each reading of it counts',
    row(liveSite8, isSite8),
  );
});
