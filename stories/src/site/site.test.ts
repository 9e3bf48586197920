import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { abroadPart, type AbroadSeen } from './abroad.ts';
import { dayPart } from './day-rows.ts';
import type { DaySeen } from './day.ts';
import { checksOf } from './part.ts';
import { SITE_PARTS } from './parts.ts';
import { reportOf, type Lived } from './report.ts';
import { spoiledBookings } from './testing/spoiled-bookings.ts';
import { spoiled } from './testing/spoiled.ts';

/** A time of a booking that is moved on its own may be another good one. */
const spoiledAbroad = (seen: AbroadSeen): readonly unknown[] => [
  ...spoiledBookings(seen.site5).map((site5) => ({ ...seen, site5 })),
  ...spoiled(seen.site7).map((site7) => ({ ...seen, site7 })),
  ...spoiled(seen.netted).map((netted) => ({ ...seen, netted })),
];

const ROWS = Array.from({ length: 13 }, (_, index) => `SITE-${index + 1}`);

describe('a station that shares its power with servers', function () {
  this.timeout(180_000);
  const lived: Lived[] = [];

  for (const part of SITE_PARTS) {
    it(`${part.what}: holds on real parts, and each reading counts`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'site-'));
      try {
        const seen = await part.live(folder);
        lived.push({ part, seen });
        for (const { row, ok, seen: shown } of checksOf(part, seen)) assert.ok(ok, `${row}: ${shown}`);
        assert.deepEqual(JSON.parse(JSON.stringify(seen)), seen, 'plain JSON');
        const others = part.name === abroadPart.name ? spoiledAbroad(seen as AbroadSeen) : spoiled(seen);
        for (const other of others)
          assert.ok(
            checksOf(part, other).some(({ ok }) => !ok),
            JSON.stringify(other),
          );
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }

  it('has a check for every row, and is exact only while each meter is', () => {
    const report = reportOf(lived);
    assert.deepEqual([...new Set(report.checks.map(({ row }) => row))], ROWS);
    assert.ok(report.exact);
    const [day, ...others] = lived;
    const seen = day?.seen as DaySeen;
    assert.equal(day?.part.name, dayPart.name);
    for (const [name, wh] of Object.entries(seen.metersWh)) {
      const metersWh = { ...seen.metersWh, [name]: (BigInt(wh) + 1n).toString() };
      assert.equal(reportOf([{ ...day, seen: { ...seen, metersWh } }, ...others]).exact, false, name);
    }
  });
});
