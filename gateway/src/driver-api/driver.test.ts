import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DOCUMENT_TYPE, quote as quoteSchema, signDocument, type Quote } from '@roamgrid/wire';
import { calculateJwkThumbprint, SignJWT, type JWTPayload } from 'jose';
import { ALABAMA, DUKE, EVSES } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig, type TestGateway } from '../testing/gateway-rig.ts';
import { testKey, type TestKey } from '../testing/keys.ts';
import { startAt, stopAfter } from '../testing/session-driver.ts';

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
    meteredBy: 'meter',
  })),
  sessionsMicros: '4000000',
  creditMicros: '0',
  payableMicros: '4000000',
  paidMicros: '0',
  state: 'open',
};

const CONTEST = { sessionId: 'USALP-USDUK-g0-1', statement: 'I was not there.' };

describe('a driver', function () {
  this.timeout(60_000);
  const providerKey = testKey('op-1');
  const appKey = testKey('app-1');
  let served: unknown[] = [BILL];
  let fixed: Record<string, unknown> = {};
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
      if (path.endsWith('/contests')) {
        const contest = { ...CONTEST, state: 'open', contestedAtMs: 1_700_000_000_000 };
        const problem = {
          type: 'about:blank',
          title: 'No',
          code: 'RECORD_UNKNOWN',
          status: 404,
          detail: 'on no bill',
        };
        const isOwn = path.includes('customer-1');
        response.statusCode = isOwn ? 200 : 404;
        if (!isOwn) response.setHeader('content-type', 'application/problem+json');
        const own = request.method === 'POST' ? contest : { contests: [contest] };
        response.end(JSON.stringify(isOwn ? own : problem));
        return;
      }
      if (path.endsWith('/exchange')) {
        response.end(JSON.stringify(fixed));
        return;
      }
      response.end(JSON.stringify({ bills: path.includes('customer-1') ? served : [] }));
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

  it('contests a session on a bill of the own, at the utility’s AAA node', async () => {
    const post = async (accessToken: string, body: unknown) => {
      const response = await fetch(`${gateway.running.url}/driver/v1/contests`, {
        method: 'POST',
        headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const told = await post(await token(), CONTEST);
    assert.deepEqual([told.status, told.body['state']], [200, 'open'], JSON.stringify(told.body));
    assert.equal(asked.at(-1)?.path, '/internal/v1/customers/customer-1/contests');
    const { body } = await get('contests', { authorization: `Bearer ${await token()}` });
    assert.deepEqual(
      (body['contests'] as (typeof CONTEST)[]).map(({ statement }) => statement),
      [CONTEST.statement],
    );
    const other = await token({ sub: 'customer-2' });
    assert.equal((await post(other, CONTEST)).body['code'], 'SESSION_NOT_BILLED');
    assert.equal((await post(await token(), { ...CONTEST, statement: ' ' })).body['code'], 'INVALID_REQUEST');
    assert.equal((await post(await token({ scope: 'openid' }), CONTEST)).status, 403);
  });

  it('reads how full the car was at the start and the end of each session, where the station told it', async () => {
    const told = await startAt(rig.station, EVSES[0], {}, { socPpm: 200_000 });
    const { body: ended } = await stopAfter(rig.station, told, 60_000, 500n);
    const line = { ...BILL.lines[0], sessionId: told.sessionId, endMs: ended['endMs'] };
    served = [{ ...BILL, lines: [line, ...BILL.lines] }];
    const read = async (path: 'bills' | 'sessions') =>
      (await get(path, { authorization: `Bearer ${await token()}` })).body;
    const lines = await until('the last note is on the ledger', async () => {
      const [bill] = (await read('bills'))['bills'] as { lines: { soc?: unknown }[] }[];
      return bill?.lines[0]?.soc === undefined ? undefined : bill.lines;
    });
    const soc = { beginPpm: 200_000, endPpm: 800_000 };
    assert.deepEqual(lines, [{ ...line, soc }, ...BILL.lines]);
    const sessions = (await read('sessions'))['sessions'] as { sessionId: string; soc?: unknown }[];
    assert.deepEqual(sessions.find(({ sessionId }) => sessionId === told.sessionId)?.soc, soc);
    served = [{ ...BILL, lines: [{ ...line, endMs: Number(line.endMs) + 1 }] }];
    const [later] = (await read('bills'))['bills'] as { lines: { soc?: unknown }[] }[];
    assert.equal(later?.lines[0]?.soc, undefined, 'a report on the way is not the end');
    served = [BILL];
  });

  it('learns of home the rate of a quote that a member signed for its customer, and of no other', async () => {
    const { offer } = await rig.station.offer();
    const own: Quote = { ...offer.quote, vun: ALABAMA, hun: DUKE };
    const signed = (quote: Quote, key = rig.home) =>
      signDocument(quoteSchema, DOCUMENT_TYPE.quote, quote, { kid: key.kid, key: key.key });
    const ask = async (jws: string) => get(`exchange?quote=${jws}`, {});
    fixed = { exchange: { currency: 'EUR', rateMicros: '900000', source: 'ECB', rounding: 'half-even' } };
    const told = await ask(await signed(own));
    assert.equal(told.status, 200, JSON.stringify(told.body));
    const { estimateMicros, capMicros, currency, source } = told.body['exchanged'] as Record<string, string>;
    assert.deepEqual([currency, source], ['EUR', 'ECB']);
    assert.equal(estimateMicros, String((own.estimateMicros * 9n) / 10n));
    assert.equal(capMicros, String((own.capMicros * 9n) / 10n));
    const { path } = asked.at(-1) ?? assert.fail('nothing was asked of home');
    assert.equal(path, `/internal/v1/decisions/${ALABAMA}/${own.sessionId}/exchange`);
    const count = asked.length;
    for (const wrong of [
      await signed(own, testKey(rig.home.kid)),
      await signed({ ...own, hun: ALABAMA }),
      await signed({ ...own, channel: 'another' }),
      await signed({ ...own, vun: DUKE }),
      'not.a.quote',
    ])
      assert.ok([400, 422].includes((await ask(wrong)).status), wrong);
    assert.equal(asked.length, count, 'home is not asked');
    fixed = {};
    assert.deepEqual((await ask(await signed(own))).body, {});
    fixed = { exchange: 'none' };
    assert.equal((await ask(await signed(own))).body['code'], 'HOME_SERVICE_DOWN');
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
