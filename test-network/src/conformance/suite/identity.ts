/** Point 19: who the creator is. */
import { strict as assert } from 'node:assert';
import { unique } from '../client.ts';
import { CONFORMANCE_CHANNEL, CONFORMANCE_MSPS } from '../ledger-under-test.ts';
import type { SuiteContext } from './context.ts';

export function identityTests(context: SuiteContext): void {
  const { clients } = context;

  it('19. the creator is MSP id and certificate, and attributes come from the certificate', async () => {
    const station = await clients().of(1, 'station');
    const who = (await station.evaluate('who')) as Record<string, string | null>;
    assert.equal(who['mspId'], CONFORMANCE_MSPS[1]);
    assert.equal(who['creator'], CONFORMANCE_MSPS[1]);
    assert.equal(who['role'], 'station');
    assert.match(who['id'] ?? '', /CN=station/);
    assert.equal(who['channel'], CONFORMANCE_CHANNEL);
    assert.match(who['txId'] ?? '', /^[0-9a-f]{64}$/);
  });

  it('19. an identity without the attribute has none', async () => {
    const user = await clients().of(0);
    assert.equal(((await user.evaluate('who')) as Record<string, string | null>)['role'], null);
  });

  it("19. the stub's own MSP id is that of the peer that executes", async () => {
    const a = await clients().of(0);
    for (const mspId of CONFORMANCE_MSPS) {
      const found = await a.evaluateRaw('peerMsp', [], { endorsers: [mspId] });
      assert.equal(JSON.parse(found.toString()), mspId);
    }
  });

  it('19. the transaction time is the client\u2019s, the same at every endorser', async () => {
    const a = await clients().of(0);
    const before = Date.now() - 1;
    const outcome = await a.valid('timestamp', [unique('time')]);
    const { seconds, nanos } = JSON.parse(outcome.result.toString()) as { seconds: string; nanos: number };
    const timeMs = Number(seconds) * 1000 + nanos / 1e6;
    assert.ok(timeMs >= before && timeMs <= Date.now() + 1);
  });
}
