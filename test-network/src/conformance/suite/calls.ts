/** Point 16: calls between chaincodes. */
import { strict as assert } from 'node:assert';
import { commit, rejects, unique } from '../client.ts';
import { FURTHER_CHANNEL } from '../ledger-under-test.ts';
import type { SuiteContext } from './context.ts';

export function callTests(context: SuiteContext): void {
  const { clients } = context;

  it('16. a call on the same channel adds its reads and writes to the transaction', async () => {
    const a = await clients().of(0);
    const key = unique('call');
    const args = [key, 'outer', 'open', '', JSON.stringify(['increment', key])];
    await a.valid('putAndCall', args);
    assert.equal(await a.evaluate('get', key), 'outer');
    assert.equal((await a.evaluateRaw('get', [key], { chaincode: 'open' })).toString(), '"1"');
    const stale = await a.endorse('putAndCall', args);
    await a.valid('increment', [key], { chaincode: 'open' });
    assert.equal((await commit(stale)).code, 'MVCC_READ_CONFLICT');
  });

  it('16. the namespaces of caller and called are apart, and the caller sees the answer', async () => {
    const a = await clients().of(0);
    const key = unique('apart');
    await a.valid('put', [key, 'mine']);
    assert.deepEqual(await a.evaluate('call', 'open', '', JSON.stringify(['get', key])), {
      status: 200,
      message: '',
      payload: '""',
    });
  });

  it('16. a call on another channel reads there and writes nothing', async () => {
    const a = await clients().of(0);
    const key = unique('further');
    const there = a.contract('open', FURTHER_CHANNEL);
    await there.submitTransaction('put', key, 'there');
    const read = await a.evaluate('call', 'open', FURTHER_CHANNEL, JSON.stringify(['get', key]));
    assert.equal((read as { payload: string }).payload, '"there"');
    await a.valid('call', ['open', FURTHER_CHANNEL, JSON.stringify(['put', key, 'changed'])]);
    assert.equal(Buffer.from(await there.evaluateTransaction('get', key)).toString(), '"there"');
    assert.equal((await a.evaluateRaw('get', [key], { chaincode: 'open' })).toString(), '""');
  });

  it('16. a call of an unknown chaincode or channel fails', async () => {
    const a = await clients().of(0);
    await rejects(a.evaluate('call', 'nobody', '', '["get","k"]'), /INVOKE_CHAINCODE failed.*nobody/);
    await rejects(a.evaluate('call', 'open', 'nowhere', '["get","k"]'), /INVOKE_CHAINCODE failed/);
  });

  it('16. a chaincode cannot call itself', async () => {
    const a = await clients().of(0);
    await rejects(a.evaluate('call', 'conformance', '', '["get","k"]'), /txid: .* exists/);
  });
}
