import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { id, Wallet } from 'ethers';
import { openStage, type Stage } from '../testing/stage.ts';
import { createSender } from './sender.ts';

const KEY = id('account of the gas cap’s tests');

describe('the cap on gas', () => {
  let stage: Stage;
  let folder: string;

  before(async () => {
    stage = await openStage();
    folder = mkdtempSync(join(tmpdir(), 'roamgrid-gas-'));
    await stage.chain.ask('anvil_setBalance', [new Wallet(KEY).address, '0x3635c9adc5dea00000']);
  });
  after(async () => {
    await stage.stop();
    rmSync(folder, { recursive: true });
  });

  it('lets nothing be signed that takes more, whoever’s code it is', async () => {
    const token = await stage.deploy('TestToken', ['Test dollar', 'TUSD', 6]);
    const data = token.interface.encodeFunctionData('mint', [token.address, 1n]);
    const call = { from: new Wallet(KEY).address, to: token.address, data };
    const needed = BigInt((await stage.chain.ask('eth_estimateGas', [call])) as string);
    const withCap = (gasCap: bigint) =>
      createSender({
        chain: stage.chain,
        privateKey: KEY,
        folder,
        depth: 1,
        feeCapPerGas: 100_000_000_000n,
        gasCap,
        stuckAfterMs: 30_000,
        pollMs: 5,
      });
    const intent = { key: 'mint', to: token.address, data };
    const tight = withCap(needed);
    await assert.rejects(tight.send(intent), { code: 'GAS_OVER_CAP' });
    assert.equal(tight.told('mint'), undefined);
    tight.close();
    const roomy = withCap(2n * needed);
    await roomy.send(intent);
    assert.equal((await roomy.settle('mint', 30_000)).isSuccess, true);
    roomy.close();
  });
});
