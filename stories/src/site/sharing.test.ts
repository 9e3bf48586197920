import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSite1, isSite2, isSite3, isSite4, liveSharing, type SharingSeen } from './sharing.ts';
import { spoiled } from './testing/spoiled.ts';

describe('SITE-1 to SITE-4', function () {
  this.timeout(60_000);

  it('hold on a site that is run as a service, and each reading of it counts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sharing-'));
    try {
      const seen = await liveSharing(folder);
      const rows = { isSite1, isSite2, isSite3, isSite4 };
      for (const [name, isRow] of Object.entries(rows))
        assert.ok(isRow(seen), `${name}: ${JSON.stringify(seen, null, 1)}`);
      assert.deepEqual(JSON.parse(JSON.stringify(seen)), seen, 'plain JSON');
      const others = spoiled(seen) as readonly SharingSeen[];
      assert.ok(others.length > 80);
      for (const other of others)
        assert.ok(!Object.values(rows).every((isRow) => isRow(other)), JSON.stringify(other));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
