import assert from 'node:assert/strict';
import { problem } from '@roamgrid/wire';
import { makeCustomer } from '@roamgrid/service-kit/testing';
import { startWorld, type World } from '../testing/world.ts';

/** Input that no app, browser or utility of ours sends. Each row once was an answer of 500, or is a neighbour of one. */
describe('odd input', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.close());

  const CHALLENGE = 'a'.repeat(43);
  const CODE_REQUEST = `client_id=driver-app&response_type=code&redirect_uri=http://127.0.0.1/callback&scope=openid%20bills&code_challenge=${CHALLENGE}&code_challenge_method=S256`;
  const tokenRequest = (grant: string, more: string) =>
    `grant_type=${encodeURIComponent(grant)}&client_id=driver-app&${more}`;

  const rows: readonly (readonly [
    method: string,
    path: string,
    form: string | undefined,
    status: number,
    cookie?: string,
  ])[] = [
    ['GET', '/oidc/device/auth', undefined, 400],
    ['GET', '/oidc/device/abc', undefined, 400],
    ['GET', '/oidc/device/%00', undefined, 400],
    ['POST', '/oidc/device', '', 400],
    ['POST', '/oidc/device', 'user_code=BBBB-BBBB', 400],
    ['POST', '/oidc/device', 'xsrf=%00&user_code=%00', 400],
    ['POST', '/oidc/device', 'user_code=a', 400, '_session=%00'],
    ['POST', '/oidc/device/auth', 'client_id=%00', 401],
    ['POST', '/oidc/device/auth', 'client_id=driver-app&scope=openid%20bills&nonce=%00', 400],
    [
      'GET',
      '/oidc/auth?client_id=driver-app&request_uri=urn:ietf:params:oauth:request_uri:%00',
      undefined,
      303,
    ],
    ['GET', '/oidc/auth?client_id=%00', undefined, 400],
    ['GET', '/oidc/auth/%00', undefined, 400],
    [
      'POST',
      '/oidc/token',
      tokenRequest('authorization_code', `code=%00&redirect_uri=x&code_verifier=${CHALLENGE}`),
      400,
    ],
    [
      'POST',
      '/oidc/token',
      tokenRequest('urn:ietf:params:oauth:grant-type:device_code', 'device_code=%00'),
      400,
    ],
    ['POST', '/oidc/token', tokenRequest('refresh_token', 'refresh_token=%00'), 400],
    ['POST', '/oidc/token', tokenRequest('toString', '__proto__=1'), 400],
    ['POST', '/oidc/token', 'grant_type=client_credentials&client_id=toString', 401],
    ['POST', '/oidc/token', '%E0%A4%A=1', 400],
    ['POST', '/oidc/token/revocation', 'client_id=driver-app&token=%00', 200],
    ['PUT', '/oidc/token', undefined, 404],
    ['GET', '/oidc/nothing/here', undefined, 404],
    ['GET', '/interaction/%00', undefined, 410],
    ['POST', '/interaction/abc/login', 'login=%00&password=%00', 410],
  ];
  for (const [method, path, form, status, cookie] of rows) {
    it(`${method} ${path} ${form ?? ''} ${cookie ?? ''} is answered ${status}, in a form of its own`, async () => {
      const response = await fetch(world.node.url + path, {
        method,
        redirect: 'manual',
        headers: cookie === undefined ? {} : { cookie },
        ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
      });
      assert.equal(response.status, status, await response.text());
      if (status >= 400) assert.doesNotMatch(response.headers.get('content-type') ?? '', /text\/plain/);
    });
  }

  it('in a pushed request that is used later, and at the sign-in, is refused where it would be kept', async () => {
    const pushed = await fetch(`${world.node.url}/oidc/request`, {
      method: 'POST',
      body: new URLSearchParams(`${CODE_REQUEST}&state=x&nonce=%00`),
    });
    const { request_uri: uri } = (await pushed.json()) as { request_uri?: string };
    const page = await fetch(
      `${world.node.url}/oidc/auth?${new URLSearchParams({ client_id: 'driver-app', request_uri: uri ?? '' }).toString()}`,
      { redirect: 'manual' },
    );
    assert.ok(page.status < 500, `${page.status} ${await page.text()}`);
  });

  it('of an operator is refused at the border, with the place in it', async () => {
    const { customerId } = await makeCustomer(world.ask);
    const huge = '9'.repeat(31);
    const person = { name: 'a', email: 'a@example.org', login: 'odd-login', password: 'a'.repeat(20) };
    const account = { paymentMethod: 'postpaid', currency: 'USD', creditLimitMicros: huge };
    for (const [method, path, body, pointer] of [
      ['POST', '/operator/v1/crp/residential/versions/99999999999/review', undefined, '/params/version'],
      ['POST', '/operator/v1/crp/toString/versions/1/review', undefined, '/params/table'],
      ['GET', '/operator/v1/decisions?before=9999999999', undefined, '/query/before'],
      [
        'POST',
        `/operator/v1/customers/${customerId}/top-ups`,
        { topUpId: 'x', micros: huge },
        '/body/micros',
      ],
      [
        'PUT',
        `/operator/v1/customers/${customerId}/driver-consent`,
        { aboveMicros: huge },
        '/body/aboveMicros',
      ],
      [
        'POST',
        '/operator/v1/customers',
        { person, customerClass: 'residential', account },
        '/body/account/creditLimitMicros',
      ],
    ] as const) {
      const answer = await world.ask('operator', method, path, body);
      assert.equal(answer.status, 400, path);
      assert.deepEqual(
        problem.parse(answer.body).errors?.map((error) => error.pointer),
        [pointer],
      );
    }
  });
});
