import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { calculateJwkThumbprint, SignJWT, type JWTPayload } from 'jose';
import { DUKE } from '../testing/consortium.ts';
import { gatewayRig, type GatewayRig, type TestGateway } from '../testing/gateway-rig.ts';
import { testKey, type TestKey } from '../testing/keys.ts';

const BILL = {
  billId: 'bill-1',
  utilityId: DUKE,
  periodId: '2026-11',
  currency: 'USD',
  lines: [1, 2].map((day) => ({
    sessionId: `USALP-USDUK-g0-${day}`,
    vun: 'USALP',
    startMs: 1_700_000_000_000 + day,
    endMs: 1_700_000_000_000 + day * 1_000,
    energyWh: '1000',
    totalMicros: '2000000',
    driverShareMicros: '0',
    consentBy: 'station',
  })),
  sessionsMicros: '4000000',
  creditMicros: '0',
  payableMicros: '4000000',
  paidMicros: '0',
  state: 'open',
};

describe('a driver', function () {
  this.timeout(60_000);
  const providerKey = testKey('op-1');
  const appKey = testKey('app-1');
  const asked: { path: string; authorization: string }[] = [];
  let rig: GatewayRig;
  let gateway: TestGateway;
  let home: Server;
  let issuer: string;

  before(async () => {
    rig = await gatewayRig('driver');
    // The utility's AAA node as the gateway meets it: a key set, and the bills of one customer.
    home = createServer((request, response) => {
      const path = request.url ?? '';
      response.setHeader('content-type', 'application/json');
      if (path === '/jwks') {
        response.end(JSON.stringify({ keys: [{ ...providerKey.open, alg: 'ES256', use: 'sig' }] }));
        return;
      }
      asked.push({ path, authorization: request.headers.authorization ?? '' });
      response.end(JSON.stringify({ bills: path.includes('customer-1') ? [BILL] : [] }));
    });
    await new Promise<void>((resolve) => home.listen(0, '127.0.0.1', resolve));
    issuer = `http://127.0.0.1:${(home.address() as AddressInfo).port}`;
    gateway = await rig.start(DUKE, 'driver_api', {
      aaaUrl: issuer,
      driverTokens: { issuer, jwksUri: `${issuer}/jwks`, appOrigins: ['https://app.example'] },
    });
  });
  after(async () => {
    await rig.close();
    home.closeAllConnections();
    home.close();
  });

  const token = (over: JWTPayload = {}, key: TestKey = providerKey, typ = 'at+jwt') =>
    new SignJWT({ scope: 'openid bills', sub: 'customer-1', aud: gateway.running.url, ...over })
      .setProtectedHeader({ alg: 'ES256', typ, kid: key.kid })
      .setIssuer(over.iss ?? issuer)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(key.key);

  const proof = (accessToken: string, over: JWTPayload = {}, key: TestKey = appKey) => {
    const { kty, crv, x, y } = key.open;
    return new SignJWT({
      htm: 'GET',
      htu: `${gateway.running.url}/driver/v1/bills`,
      jti: randomUUID(),
      ath: createHash('sha256').update(accessToken).digest('base64url'),
      ...over,
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: { kty, crv, x, y } })
      .setIssuedAt()
      .sign(key.key);
  };
  const bound = async () => ({
    cnf: { jkt: await calculateJwkThumbprint({ ...appKey.open }) },
  });
  const get = async (path: string, headers: Record<string, string>) => {
    const response = await fetch(`${gateway.running.url}/driver/v1/${path}`, { headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('reads own bills and sessions, latest first, from the utility’s AAA node', async () => {
    const authorization = `Bearer ${await token()}`;
    const bills = await get('bills', { authorization });
    assert.equal(bills.status, 200, JSON.stringify(bills.body));
    assert.deepEqual(bills.body['bills'], [BILL]);
    const { body } = await get('sessions', { authorization });
    assert.deepEqual(
      (body['sessions'] as { sessionId: string }[]).map(({ sessionId }) => sessionId),
      ['USALP-USDUK-g0-2', 'USALP-USDUK-g0-1'],
    );
    const [first] = asked;
    assert.equal(first?.path, '/internal/v1/customers/customer-1/bills');
    assert.match(first.authorization, /^Bearer eyJ/);
  });

  it('needs a token of the own provider, for this gateway, with the scope, in time', async () => {
    const rows: [Promise<string>, number][] = [
      [token({}, testKey('op-1')), 401],
      [token({ aud: 'http://elsewhere' }), 401],
      [token({ iss: 'http://elsewhere' }), 401],
      [token({}, providerKey, 'JWT'), 401],
      [token({ scope: 'openid' }), 403],
      [Promise.resolve('abc'), 401],
    ];
    for (const [made, status] of rows) {
      const { status: answered } = await get('bills', { authorization: `Bearer ${await made}` });
      assert.equal(answered, status);
    }
    assert.equal((await get('bills', {})).status, 401);
  });

  it('with a token that is bound to a key proves that it holds the key, once a request', async () => {
    const made = await token(await bound());
    const authorization = `DPoP ${made}`;
    const dpop = await proof(made);
    assert.equal((await get('bills', { authorization, dpop })).status, 200);
    const refused: (string | undefined)[] = [
      undefined,
      dpop,
      await proof(made, { htm: 'POST' }),
      await proof(made, { htu: `${gateway.running.url}/driver/v1/sessions` }),
      await proof('another-token'),
      await proof(made, {}, testKey('thief')),
      'not.a.proof',
    ];
    for (const wrong of refused) {
      const headers = { authorization, ...(wrong === undefined ? {} : { dpop: wrong }) };
      const { status, body } = await get('bills', headers);
      assert.deepEqual([status, body['code']], [401, 'UNAUTHENTICATED']);
    }
  });

  it('may ask from the utility’s own pages, and from no other', async () => {
    const allowed = async (origin: string) =>
      (
        await fetch(`${gateway.running.url}/driver/v1/bills`, { method: 'OPTIONS', headers: { origin } })
      ).headers.get('access-control-allow-origin');
    assert.equal(await allowed('https://app.example'), 'https://app.example');
    assert.equal(await allowed('https://evil.example'), null);
  });
});
