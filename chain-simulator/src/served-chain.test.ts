import assert from 'node:assert/strict';
import { serveChain, type ServedChain } from './served-chain.ts';

const CHAIN_ID = 31_341n;

describe('a chain that starts when it is asked', function () {
  this.timeout(60_000);
  let prepared = 0;
  let served: ServedChain;
  before(async () => {
    served = await serveChain({
      chainId: CHAIN_ID,
      hardfork: 'shanghai',
      port: 0,
      prepare: () => {
        prepared += 1;
        return Promise.resolve();
      },
    });
  });
  after(() => served.close());

  const ask = async (method: string, params: readonly unknown[] = []) => {
    const response = await fetch(served.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('runs from the first question on, and refuses what is none before a node has to hear it', async () => {
    for (const odd of ['anvil_reset', 'eth_sendTransaction']) {
      const refused = await ask(odd);
      assert.deepEqual([refused.status, refused.body['code']], [400, 'INVALID_REQUEST']);
    }
    assert.deepEqual([served.isRunning, prepared], [false, 0]);
    const { body } = await ask('eth_chainId');
    assert.equal(body['result'], `0x${CHAIN_ID.toString(16)}`);
    assert.deepEqual([served.isRunning, prepared], [true, 1]);
  });

  it('passes on what the node refuses, and starts a new node for one that ended', async () => {
    const { status, body } = await ask('eth_getBlockByNumber', ['nothing', false]);
    assert.equal(status, 200);
    assert.ok('error' in body);
    await (await served.node()).stop();
    assert.equal((await ask('eth_blockNumber')).body['result'], '0x0');
    assert.equal(prepared, 2);
  });
});
