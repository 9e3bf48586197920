import assert from 'node:assert/strict';
import { request as requestByTls } from 'node:https';
import { makeCertificate } from '../testing/certificate.ts';
import { startPlatform, type Platform } from '../simulator/platform.ts';
import { makeTown, type DoorUnderTest, type Town } from '../testing/world.ts';

describe('the edge of the door', () => {
  let town: Town;
  let duke: DoorUnderTest;
  let platform: Platform;
  let token = '';
  const credentials = (): string => `${duke.door.url}/ocpi/2.2.1/credentials`;

  before(async () => {
    town = await makeTown();
    platform = await startPlatform();
    duke = await town.open('USDUK');
    const partner = { partnerId: 'cards', name: 'Cards', parties: ['NLMSP'] };
    await duke.operate('POST', '/operator/v1/partners', partner);
    const invited = await duke.operate('POST', '/operator/v1/partners/cards/invitation');
    const body = platform.credentials('NL', 'MSP', 'EMSP');
    const told = await platform.ask(credentials(), invited.body['token'] ?? '', { method: 'POST', body });
    ({ token } = told.json.data);
  });
  after(async () => {
    platform.close();
    await town.close();
  });

  it('answers in the envelope, refusals too, and gives back the ids that a request came with', async () => {
    const headers = { 'x-request-id': 'request-1', 'x-correlation-id': 'correlation-1' };
    for (const [shown, status, code] of [
      [token, 200, 1000],
      ['nobody', 401, 2000],
    ] as const) {
      const told = await platform.ask(credentials(), shown, { headers });
      assert.deepEqual([told.status, told.json.status_code], [status, code]);
      assert.match(told.json.timestamp, /^\d{4}-.*Z$/);
      assert.equal(told.headers.get('x-request-id'), 'request-1');
      assert.equal(told.headers.get('x-correlation-id'), 'correlation-1');
      assert.match(told.headers.get('content-type') ?? '', /^application\/json/);
    }
    const without = await platform.ask(credentials(), token);
    assert.match(without.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
  });

  it('takes a token in Base64, with the line feed of the specification’s example, and in plain', async () => {
    assert.equal((await platform.ask(credentials(), token)).status, 200);
    assert.equal((await platform.ask(credentials(), `${token}\n`)).status, 200);
    assert.equal((await platform.ask(credentials(), token, { plain: true })).status, 200);
    for (const authorization of [`Bearer ${token}`, token, 'Token', `Token ${'x'.repeat(300)}`])
      assert.equal((await fetch(credentials(), { headers: { authorization } })).status, 401, authorization);
  });

  const bodies: readonly (readonly [what: string, text: string, status: number, code: number])[] = [
    ['what is no JSON', '{"token":', 400, 2000],
    ['what nests without end', '['.repeat(100) + ']'.repeat(100), 400, 2000],
    ['what is too large', `"${'x'.repeat(1_100_000)}"`, 413, 2000],
    ['text that no database holds', '{"token":"a\\u0000"}', 200, 2001],
    ['no object', '[]', 200, 2001],
    ['nothing', '', 200, 2001],
  ];
  for (const [what, text, status, code] of bodies)
    it(`refuses ${what}`, async () => {
      const told = await platform.ask(credentials(), token, { method: 'PUT', text });
      assert.deepEqual([told.status, told.json.status_code], [status, code]);
    });

  it('says of what there is not that it is not there, and of what cannot be done there that it cannot', async () => {
    const at = (path: string, method = 'GET') =>
      platform.ask(duke.door.url + path, token, { method }).then(({ status }) => status);
    assert.equal(await at('/ocpi/2.1.1'), 404);
    assert.equal(await at('/ocpi/2.2.1/nothing'), 404);
    assert.equal(await at('/ocpi/2.2.1/%E0%A4%A'), 404);
    assert.equal(await at('/ocpi/2.2.1/credentials', 'PATCH'), 405);
    assert.equal(await at('/ocpi/versions', 'POST'), 405);
  });

  it('with TLS is closed to a token that comes without the certificate which it is bound to', async () => {
    const [server, bound, other] = await Promise.all(['localhost', 'partner', 'other'].map(makeCertificate));
    assert.ok(server !== undefined && bound !== undefined && other !== undefined);
    const closed = await town.open('USALP', { tls: { key: server.key, cert: server.cert } });
    const ask = (path: string, authorization: string, as?: typeof bound, body?: object) =>
      new Promise<{ status: number; text: string }>((resolve, reject) => {
        const asking = requestByTls(
          `${closed.door.url}${path}`,
          {
            method: body === undefined ? 'GET' : 'POST',
            ca: server.cert,
            agent: false,
            headers: { authorization, 'content-type': 'application/json' },
            ...(as && { key: as.key, cert: as.cert }),
          },
          (response) => {
            let text = '';
            response.on('data', (chunk: Buffer) => (text += chunk.toString()));
            response.on('end', () => {
              resolve({ status: response.statusCode ?? 0, text });
            });
          },
        );
        asking.on('error', reject);
        asking.end(body === undefined ? undefined : JSON.stringify(body));
      });
    const operator = `Bearer ${await closed.assertion()}`;
    const partner = { partnerId: 'cards', name: 'C', parties: ['NLMSP'], certificateSha256: bound.sha256 };
    assert.equal((await ask('/operator/v1/partners', operator, undefined, partner)).status, 201);
    const again = `Bearer ${await closed.assertion()}`;
    const invited = await ask('/operator/v1/partners/cards/invitation', again, undefined, {});
    const header = `Token ${(JSON.parse(invited.text) as { token: string }).token}`;
    assert.equal((await ask('/ocpi/versions', header)).status, 401);
    assert.equal((await ask('/ocpi/versions', header, other)).status, 401);
    assert.equal((await ask('/ocpi/versions', header, bound)).status, 200);
  });
});
