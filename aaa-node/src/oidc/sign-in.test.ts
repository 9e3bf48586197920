import assert from 'node:assert/strict';
import { createLocalJWKSet, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { makeCustomer, publicKey, type TestCustomer } from '@roamgrid/service-kit/testing';
import { createBrowser, readForm } from '../testing/browser.ts';
import { startWorld, type World } from '../testing/world.ts';

const REDIRECT = 'http://127.0.0.1:5555/callback';

/** The sign-in page for this driver, in a browser of its own. */
const openLogin = async (world: World, app: client.Configuration, headers: Record<string, string> = {}) => {
  const codeChallenge = await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier());
  const address = await client.buildAuthorizationUrlWithPAR(app, {
    redirect_uri: REDIRECT,
    scope: 'openid bills',
    code_challenge: codeChallenge,
    code_challenge_method: 'S256',
  });
  const browser = createBrowser(new URL(world.node.url).origin, headers);
  const { action } = readForm(await browser.open(address));
  return (login: string, password: string) => browser.open(action, { login, password });
};

/** The app, as a library of another hand sees the node. */
const discoverApp = (world: World) =>
  client.discovery(
    new URL(world.node.issuer),
    'driver-app',
    { id_token_signed_response_alg: 'ES256' },
    client.None(),
    // Loopback has no TLS in tests.
    // oxlint-disable-next-line typescript/no-deprecated
    { execute: [client.allowInsecureRequests] },
  );

describe('signing in behind a proxy', () => {
  for (const [trustedProxies, statusElsewhere] of [
    [['127.0.0.0/8', '::1', '::ffff:127.0.0.1'], 200],
    [[], 429],
  ] as const) {
    it(`tells customers apart by what a ${trustedProxies.length === 0 ? 'stranger' : 'trusted proxy'} says of them: ${statusElsewhere === 200 ? 'yes' : 'no'}`, async () => {
      const world = await startWorld({ trustedProxies: [...trustedProxies] });
      try {
        const driver = await makeCustomer(world.ask);
        const app = await discoverApp(world);
        const from = async (address: string, password: string) =>
          (await (await openLogin(world, app, { 'x-forwarded-for': address }))(driver.login, password))
            .status;
        for (let time = 0; time < 5; time += 1) assert.equal(await from('192.0.2.1', 'wrong wrong'), 401);
        assert.equal(await from('192.0.2.1', driver.password), 429);
        assert.equal(await from('192.0.2.2', driver.password), statusElsewhere);
      } finally {
        await world.close();
      }
    }).timeout(60_000);
  }
});

describe('signing in with the driver’s app', () => {
  let world: World;
  let driver: TestCustomer;
  let app: client.Configuration;
  let dpop: client.DPoPHandle;

  before(async () => {
    world = await startWorld();
    driver = await makeCustomer(world.ask);
    app = await discoverApp(world);
    dpop = client.getDPoPHandle(app, await client.randomDPoPKeyPair('ES256'));
  });
  after(() => world.close());

  /** What the gateway would check of an access token. */
  const readAccessToken = async (token: string) => {
    const [key] = world.config.providerKeys;
    assert.ok(key);
    const keys = createLocalJWKSet({ keys: [{ ...publicKey(key) }] });
    const { payload } = await jwtVerify(token, keys, {
      issuer: world.node.issuer,
      audience: new URL(world.config.gatewayUrl).origin,
      typ: 'at+jwt',
    });
    return payload;
  };

  const startCode = async () => {
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const address = await client.buildAuthorizationUrlWithPAR(
      app,
      {
        redirect_uri: REDIRECT,
        scope: 'openid bills',
        state,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      },
      { DPoP: dpop },
    );
    return { verifier, state, address };
  };

  it('by code, PKCE and pushed request gives a key-bound token for the driver API, and nothing personal', async () => {
    const { verifier, state, address } = await startCode();
    const browser = createBrowser(new URL(world.node.url).origin);
    const page = await browser.open(address);
    assert.equal(page.status, 200);
    assert.match(page.text, /<label for="login">/);
    const { action } = readForm(page);
    const question = await browser.open(action, { login: driver.login, password: driver.password });
    assert.match(question.text, /Driver app<\/strong> asks to see your charging sessions and bills/);
    const { leftTo } = await browser.open(readForm(question).action, {});
    assert.ok(leftTo !== undefined && leftTo.href.startsWith(REDIRECT));
    const tokens = await client.authorizationCodeGrant(
      app,
      leftTo,
      { pkceCodeVerifier: verifier, expectedState: state },
      {},
      { DPoP: dpop },
    );
    assert.equal(tokens.token_type, 'dpop');
    const payload = await readAccessToken(tokens.access_token);
    assert.equal(payload.sub, driver.sub);
    assert.equal(payload['scope'], 'bills');
    assert.ok((payload['cnf'] as { jkt?: string }).jkt);
    const personal = /Ada|ada@|driver-\d/;
    assert.ok(!personal.test(JSON.stringify([payload, tokens.claims()])));
    // A code is good once.
    await assert.rejects(
      client.authorizationCodeGrant(
        app,
        leftTo,
        { pkceCodeVerifier: verifier, expectedState: state },
        {},
        { DPoP: dpop },
      ),
      { error: 'invalid_grant' },
    );
  });

  it('with a wrong password is refused, and says so to a screen reader', async () => {
    const browser = createBrowser(new URL(world.node.url).origin);
    const { action } = readForm(await browser.open((await startCode()).address));
    for (const wrong of [
      { login: driver.login, password: 'wrong wrong wrong' },
      { login: 'nobody', password: driver.password },
      { login: driver.login, password: '' },
    ]) {
      const page = await browser.open(action, wrong);
      assert.equal(page.status, 401);
      assert.match(page.text, /role="alert"/);
    }
  });

  /** One sign-in in a browser of its own: the status of the page that comes next, 200 when the password was taken. */
  const signIn = async (login: string, password: string) => (await openLogin(world, app))(login, password);

  it('is bounded by what went wrong for one account, also over a restart; what went right never counts', async () => {
    const [hasty, calm] = [await makeCustomer(world.ask), await makeCustomer(world.ask)];
    for (let time = 0; time < 6; time += 1)
      assert.equal((await signIn(calm.login, calm.password)).status, 200);
    const guesses = await Promise.all(
      Array.from({ length: 7 }, (_, at) => signIn(hasty.login, `guess number ${at}`)),
    );
    const statuses = guesses.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429]);
    await world.restart();
    const locked = await signIn(hasty.login.toUpperCase(), hasty.password);
    assert.equal(locked.status, 429);
    assert.match(locked.text, /role="alert" id="problem">Too many sign-ins went wrong/);
    // Somebody else at the same address is no concern of it.
    assert.equal((await signIn(calm.login, calm.password)).status, 200);
  }).timeout(60_000);

  it('without the cookie of the browser that began is refused', async () => {
    const { action } = readForm(
      await createBrowser(new URL(world.node.url).origin).open((await startCode()).address),
    );
    const other = createBrowser(new URL(world.node.url).origin);
    const page = await other.open(action, { login: driver.login, password: driver.password });
    assert.equal(page.status, 410);
  });

  it('without a pushed request, without PKCE, or with an unregistered address is refused', async () => {
    const browser = createBrowser(new URL(world.node.url).origin);
    const plain = new URL(`${world.node.issuer}/auth`);
    plain.search = new URLSearchParams({
      client_id: 'driver-app',
      response_type: 'code',
      redirect_uri: REDIRECT,
      scope: 'openid bills',
    }).toString();
    const refused = await browser.open(plain);
    assert.ok(refused.status === 400 || refused.leftTo?.searchParams.get('error') === 'invalid_request');
    const base = { redirect_uri: REDIRECT, scope: 'openid bills' };
    await assert.rejects(client.buildAuthorizationUrlWithPAR(app, base), { error: 'invalid_request' });
    const challenge = await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier());
    await assert.rejects(
      client.buildAuthorizationUrlWithPAR(app, {
        ...base,
        redirect_uri: 'http://evil.example/callback',
        code_challenge: challenge,
        code_challenge_method: 'S256',
      }),
      { error: 'invalid_request' },
    );
  });

  it('may be cancelled', async () => {
    const browser = createBrowser(new URL(world.node.url).origin);
    const page = await browser.open((await startCode()).address);
    const done = await browser.open(`${page.url.pathname}/abort`, {});
    assert.equal(done.leftTo?.searchParams.get('error'), 'access_denied');
  });

  it('by the code that a device shows works on any browser', async () => {
    const pending = await client.initiateDeviceAuthorization(app, { scope: 'openid bills' });
    assert.match(pending.user_code, /^[A-Z]{4}-[A-Z]{4}$/);
    const poll = () =>
      client.genericGrantRequest(
        app,
        'urn:ietf:params:oauth:grant-type:device_code',
        { device_code: pending.device_code },
        { DPoP: dpop },
      );
    await assert.rejects(poll(), { error: 'authorization_pending' });
    const browser = createBrowser(new URL(world.node.url).origin);
    const entry = readForm(await browser.open(pending.verification_uri));
    const wrong = await browser.open(entry.action, { ...entry.fields, user_code: 'BBBB-BBBB' });
    assert.match(wrong.text, /not known/);
    const again = readForm(wrong);
    const confirm = await browser.open(again.action, { ...again.fields, user_code: pending.user_code });
    assert.match(confirm.text, /Is this your device/);
    assert.ok(confirm.text.includes(pending.user_code));
    const { action, fields } = readForm(confirm);
    const login = await browser.open(action, { ...fields, confirm: 'yes' });
    const credentials = { login: driver.login, password: driver.password };
    const question = await browser.open(readForm(login).action, credentials);
    const done = await browser.open(readForm(question).action, {});
    assert.match(done.text, /is signed in/);
    const tokens = await poll();
    assert.equal((await readAccessToken(tokens.access_token)).sub, driver.sub);
  });
});
