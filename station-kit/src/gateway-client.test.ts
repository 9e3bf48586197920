import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { CLOCK_OFFSET_HEADER, GATEWAY_TIME_HEADER } from '@roamgrid/wire';
import type { Clock } from './clock/clock.ts';
import { StationClock } from './clock/station-clock.ts';
import { GatewayClient, GatewayUnreachable } from './gateway-client.ts';
import { peerGateway, type Answer, type Received } from './testing/peer-gateway.ts';

const MINUTE_MS = 60_000;
const identity = {
  stationId: 'st1',
  utilityId: 'USDUK',
  keyId: 'k1',
  key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
};
const issuedAt = ({ authorization }: Received): number =>
  (JSON.parse(Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString()) as { iat: number }).iat;
const UNPROVEN: Answer = {
  status: 401,
  body: { type: 'about:blank', title: 'x', status: 401, code: 'UNAUTHENTICATED', detail: 'iat' },
};
const given: Answer = { status: 200, body: { state: 'given' } };

describe('a station that asks its gateway', () => {
  for (const skewMs of [MINUTE_MS, -MINUTE_MS, 86_400_000]) {
    it(`with a clock that is ${skewMs} ms off proves itself anew by the gateway’s time, and states the offset`, async () => {
      const gateway = await peerGateway((received) =>
        Math.abs(issuedAt(received) * 1_000 - Date.now()) > 5_000 ? UNPROVEN : given,
      );
      const wallMs = () => Date.now() + skewMs;
      const own: Clock = { nowMs: wallMs, sleep: () => Promise.resolve() };
      const clock = new StationClock(own);
      const client = new GatewayClient(gateway.url, identity, { clock, wallMs });
      assert.deepEqual(await client.driverConsent('s1'), { state: 'given' });
      assert.equal(gateway.received.length, 2);
      assert.deepEqual(await client.driverConsent('s1'), { state: 'given' });
      assert.equal(gateway.received.length, 3, 'the second time it knows');
      assert.ok(Math.abs(clock.nowMs() - Date.now()) < 2_000);
      const stated = Number(gateway.received.at(-1)?.headers[CLOCK_OFFSET_HEADER]);
      assert.ok(Math.abs(stated + skewMs) < 2_000, `${stated}`);
      gateway.close();
    });
  }

  it('takes a proof that is never taken for a gateway out of reach, not for a no', async () => {
    const gateway = await peerGateway(() => UNPROVEN);
    const client = new GatewayClient(gateway.url, identity);
    await assert.rejects(() => client.driverConsent('s1'), GatewayUnreachable);
    assert.equal(gateway.received.length, 2);
    gateway.close();
  });

  it('learns nothing from a time that is none', async () => {
    const gateway = await peerGateway(
      () => given,
      () => ({ [GATEWAY_TIME_HEADER]: 'noon' }),
    );
    const clock = new StationClock({ nowMs: () => 1_000, sleep: () => Promise.resolve() });
    await new GatewayClient(gateway.url, identity, { clock }).driverConsent('s1');
    assert.equal(clock.offsetMs, 0);
    gateway.close();
  });
});
