import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { disputeChecks, isExact } from './dispute-report.ts';
import { isExact as isMissingExact, missingChecks } from './missing-report.ts';
import { liveDisputes } from './run-dispute.ts';
import { liveMissing } from './run-missing.ts';
import { onStage } from './stage.ts';
import { proveBills } from './testing/prove-bills.ts';

describe('disputed and missing records', function () {
  this.timeout(600_000);

  it('come to the same at both utilities and on the bill, whoever decides or is silent, and an auditor proves it', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'disputes-'));
    const options = {
      stateDir,
      ledger: { kind: 'embedded' },
      logLevel: 'silent',
      progress: () => undefined,
    } as const;
    try {
      // Both stories on one consortium, one after the other.
      const { told, chain } = await onStage(options, async (stage) => {
        const lived = await liveDisputes(stage);
        await proveBills(stage, lived);
        return { disputes: lived.reading, missing: await liveMissing(stage) };
      });
      const disputes = { ...told.disputes, chain };
      const missing = { ...told.missing, chain };
      assert.deepEqual(
        [...disputeChecks(disputes), ...missingChecks(missing)].filter(({ ok }) => !ok),
        [],
      );
      assert.ok(isExact(disputes));
      assert.ok(isMissingExact(missing));
    } finally {
      await rm(stateDir, { recursive: true, force: true });
    }
  });
});
