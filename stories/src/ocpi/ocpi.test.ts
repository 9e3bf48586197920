import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOcpi } from './run-ocpi.ts';

describe('a partner outside the consortium', function () {
  this.timeout(600_000);

  it('has its driver at a member’s OCPP station and a member’s at its own, and every sum is the same on all sides', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'ocpi-'));
    try {
      const { checks, exact } = await runOcpi({
        stateDir,
        ledger: { kind: 'embedded' },
        logLevel: 'silent',
        progress: () => undefined,
      });
      assert.deepEqual(
        checks.filter(({ ok }) => !ok),
        [],
      );
      assert.ok(exact);
    } finally {
      await rm(stateDir, { recursive: true, force: true });
    }
  });
});
