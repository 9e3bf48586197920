import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBank } from './run-bank.ts';

describe('the bank scenario', function () {
  this.timeout(600_000);

  it('comes to what the bank booked, whatever it did wrong, to the micro', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'bank-'));
    try {
      const { exact, checks, payments } = await runBank({
        stateDir,
        ledger: { kind: 'embedded' },
        logLevel: 'silent',
        progress: () => undefined,
        // The others differ at the desk alone, and are told by its own tests.
        fates: ['taken-back'],
      });
      assert.deepEqual(
        checks.filter(({ ok }) => !ok),
        [],
      );
      assert.ok(exact);
      assert.deepEqual(
        payments.map(({ state, endState }) => [state, endState]),
        [['reversed', 'confirmed']],
      );
    } finally {
      await rm(stateDir, { recursive: true, force: true });
    }
  });
});
