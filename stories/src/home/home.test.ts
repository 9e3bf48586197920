import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checksOf } from '../site/part.ts';
import { spoiled } from '../site/testing/spoiled.ts';
import { HOME_PARTS } from './parts.ts';
import { reportOf, type Lived } from './run-home.ts';

describe('a house that plans, lived through', function () {
  this.timeout(300_000);
  const lived: Lived[] = [];

  for (const part of HOME_PARTS)
    it(`${part.what}: holds on real parts, and each reading counts`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'home-'));
      try {
        const seen = await part.live(folder);
        lived.push({ part, seen });
        for (const { row, ok, seen: shown } of checksOf(part, seen)) assert.ok(ok, `${row}: ${shown}`);
        assert.deepEqual(JSON.parse(JSON.stringify(seen)), seen, 'plain JSON');
        for (const other of spoiled(seen))
          assert.ok(
            checksOf(part, other).some(({ ok }) => !ok),
            JSON.stringify(other),
          );
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });

  it('has a check for each row that a house does by itself', () => {
    const report = reportOf(lived);
    const rows = [...new Set(report.checks.map(({ row }) => row))];
    assert.deepEqual(rows, ['HOME-1', 'HOME-2', 'HOME-3', 'HOME-4', 'HOME-5', 'HOME-7']);
    assert.ok(report.exact);
  });
});
