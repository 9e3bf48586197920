import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chaosParts } from './cast.ts';
import { failures } from './report.ts';
import { chaos } from './run.ts';

/** Fixes a plan with every kind of fault. */
const SEED = 3;

describe('chaos', function () {
  this.timeout(360_000);
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'chaos-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('loses no session and bills none twice while each part is struck once', async () => {
    const told: string[] = [];
    const report = await chaos({
      seed: SEED,
      sessions: 40,
      stateDir: join(folder, 'state'),
      ledger: { kind: 'embedded' },
      logLevel: 'silent',
      progress: (text) => told.push(text),
    });
    // How soon it comes back is judged by the command, on a machine that does nothing else.
    assert.deepEqual([failures(report), report.findings], [[], []], told.join('\n'));
    assert.equal(report.settled >= 40, true);
    const skipped = report.skipped.reduce((sum, { planned }) => sum + planned, 0);
    assert.equal(report.faults + skipped, (await chaosParts({ kind: 'embedded' })).length);
    assert.ok(report.sums.billMicros > 0n);
  });
});
