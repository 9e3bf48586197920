import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { livePayingLate } from './late-payer.ts';
import { startNettingStage, type NettingStage } from './stage.ts';
import { netThreeWays } from './three-way-net.ts';
import { payByToken } from './token.ts';

interface Checked {
  readonly exact: boolean;
  readonly checks: readonly { readonly ok: boolean; readonly seen: string }[];
}

describe('three utilities that owe each other', function () {
  this.timeout(600_000);
  let stateDir: string;
  let stage: NettingStage;
  before(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'netting-'));
    stage = await startNettingStage({
      stateDir,
      ledger: { kind: 'embedded' },
      logLevel: 'silent',
      progress: () => undefined,
    });
  });
  after(async () => {
    await stage.close();
    await rm(stateDir, { recursive: true, force: true });
  });

  const holds = ({ exact, checks }: Checked): void => {
    assert.deepEqual(
      checks.filter(({ ok }) => !ok),
      [],
    );
    assert.ok(exact);
  };

  it('net two rounds over commitments and pay them by bank, and no third party’s peer has a pair’s amounts', async () => {
    holds(await netThreeWays(stage));
  });

  it('go on without one that does not pay, which pays late, and nothing is lost', async () => {
    holds(await livePayingLate(stage));
  });

  it('net by token what a driver charged against money in escrow, as both and the chain have it', async () => {
    holds(await payByToken(stage));
  });
});
