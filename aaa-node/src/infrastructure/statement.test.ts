import assert from 'node:assert/strict';
import {
  HOME,
  makeCustomer,
  makeKey,
  nextSessionId,
  stationOf,
  VISITED,
} from '@roamgrid/service-kit/testing';
import type { Cdr } from '@roamgrid/wire';
import * as client from 'openid-client';
import { createBrowser, readForm } from '../testing/browser.ts';
import { commit, makeCdr } from '../testing/records.ts';
import { startWorld, type World } from '../testing/world.ts';

const REDIRECT = 'http://127.0.0.1:5555/callback';
const PASSWORD = 'a pole in every street';
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Statement {
  readonly providerId: string;
  readonly sums: readonly { readonly sessions: number; readonly shareMicros: string }[];
  readonly sessions: readonly Record<string, unknown>[];
  readonly payouts: readonly Record<string, unknown>[];
}

describe('an infrastructure provider', () => {
  let world: World;
  let app: client.Configuration;
  let dpop: client.DPoPHandle;
  let sequence = 0;

  before(async () => {
    world = await startWorld();
    for (const [stationId, infrastructureProvider] of [
      ['pole-1', 'poles'],
      ['lamp-1', 'lamps'],
    ] as const) {
      const station = {
        ...stationOf(makeKey('s'), makeKey('m')),
        utilityId: HOME,
        stationId,
        infrastructureProvider,
      };
      world.registry.stations.set(`${HOME} ${stationId}`, station);
    }
    for (const providerId of ['poles', 'lamps']) {
      const body = { providerId, name: `${providerId} Ltd`, login: providerId, password: PASSWORD };
      const made = await world.ask('operator', 'POST', '/operator/v1/infrastructure-providers', body);
      assert.equal(made.status, 201);
    }
    app = await client.discovery(
      new URL(world.node.issuer),
      'driver-app',
      { id_token_signed_response_alg: 'ES256' },
      client.None(),
      // Loopback has no TLS in tests.
      // oxlint-disable-next-line typescript/no-deprecated
      { execute: [client.allowInsecureRequests] },
    );
    dpop = client.getDPoPHandle(app, await client.randomDPoPKeyPair('ES256'));
  });
  after(() => world.close());

  /** Signs in by code and gives a token for one of the node's APIs. */
  const signIn = async (login: string, password: string, scope = 'statement', api = 'infrastructure') => {
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    const resource = `${world.node.url}/${api}`;
    const address = await client.buildAuthorizationUrlWithPAR(
      app,
      {
        redirect_uri: REDIRECT,
        scope: `openid ${scope}`,
        resource,
        code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      },
      { DPoP: dpop },
    );
    const browser = createBrowser(new URL(world.node.url).origin);
    const question = await browser.open(readForm(await browser.open(address)).action, { login, password });
    if (question.status !== 200) return { question, token: undefined };
    const { leftTo } = await browser.open(readForm(question).action, {});
    assert.ok(leftTo);
    const grant = { pkceCodeVerifier };
    const tokens = await client.authorizationCodeGrant(app, leftTo, grant, { resource }, { DPoP: dpop });
    return { question, token: tokens.access_token };
  };
  const ask = async (token: string, path: string) => {
    const url = new URL(path, world.node.url);
    return client
      .fetchProtectedResource(app, token, url, 'GET', null, new Headers(), { DPoP: dpop })
      .catch((thrown: unknown) => {
        if (thrown instanceof client.WWWAuthenticateChallengeError) return thrown.response;
        throw thrown;
      });
  };
  const statementOf = async (token: string, periodId: string): Promise<Statement> => {
    const response = await ask(token, `/infrastructure/v1/statement?periodId=${periodId}`);
    assert.equal(response.status, 200);
    return (await response.json()) as Statement;
  };
  const settle = (stationId: string, infrastructure: bigint, endMs: number): Cdr => {
    sequence += 1;
    const sessionId = nextSessionId(HOME, VISITED);
    const shares = { hun: 1n, vun: 10_000_000n - infrastructure - 2n, infrastructure, driver: 1n };
    const cdr = makeCdr({
      laneSequence: sequence,
      sessionId,
      vun: HOME,
      hun: VISITED,
      shares,
      startMs: endMs - 1,
      endMs,
    });
    commit(world.registry, 'vun', cdr, { cinRef: 'c'.repeat(64), authorisedBy: 'cache', stationId });
    return cdr;
  };

  it('signs in and reads its share of each session at its stations, and of no other', async () => {
    const july = Date.UTC(2026, 6, 15);
    const mine = [settle('pole-1', 2_300_000n, july), settle('pole-1', 1_700_000n, july + 1)];
    settle('lamp-1', 900_000n, july);
    settle('pole-1', 5n, Date.UTC(2026, 7, 1));
    const { question, token } = await signIn('POLES', PASSWORD);
    assert.match(question.text, /asks to see your share of the sessions at your stations/);
    assert.ok(token);
    const endMs = Date.now() + 30_000;
    while ((await statementOf(token, '2026-08')).sessions.length === 0) {
      assert.ok(Date.now() < endMs, 'the shares do not come');
      await sleep(100);
    }
    const statement = await statementOf(token, '2026-07');
    assert.equal(statement.providerId, 'poles');
    assert.deepEqual(
      statement.sums.map(({ sessions, shareMicros }) => [sessions, shareMicros]),
      [[2, '4000000']],
    );
    assert.deepEqual(
      statement.sessions.map((line) => [line['sessionId'], line['stationId'], line['shareMicros']]),
      mine.map(({ sessionId, shares }) => [sessionId, 'pole-1', shares.infrastructure.toString()]),
    );
    assert.deepEqual(statement.payouts, []);
    await world.ask('operator', 'POST', '/operator/v1/periods/2026-07/payouts');
    const { payouts } = await statementOf(token, '2026-07');
    assert.deepEqual(
      payouts.map((each) => [each['providerId'], each['amountMicros'], each['state']]),
      [['poles', '4000000', 'due']],
    );
    // Neither the driver nor what others get of it.
    assert.deepEqual(Object.keys(statement.sessions[0] ?? {}).sort(), [
      'currency',
      'endMs',
      'energyWh',
      'sessionId',
      'shareMicros',
      'startMs',
      'stationId',
    ]);
    const wrong = await ask(token, '/infrastructure/v1/statement?periodId=2026-13');
    assert.equal(wrong.status, 400);
  });

  it('may do nothing else, and nobody else may do this', async () => {
    const { token } = await signIn('poles', PASSWORD);
    assert.ok(token);
    for (const path of ['/driver/v1/cins', '/roaming/v1/revocations'])
      assert.equal((await ask(token, path)).status, 401, path);
    assert.equal((await ask(token, '/operator/v1/held-cdrs')).status, 401);
    const device = await signIn('poles', PASSWORD, 'device', 'driver');
    assert.ok(device.token);
    assert.deepEqual(await (await ask(device.token, '/driver/v1/cins')).json(), { cins: [] });
    assert.equal((await ask(device.token, '/infrastructure/v1/statement?periodId=2026-07')).status, 401);

    const driver = await makeCustomer(world.ask);
    const nosy = await signIn(driver.login, driver.password);
    assert.ok(nosy.token);
    assert.equal((await ask(nosy.token, '/infrastructure/v1/statement?periodId=2026-07')).status, 403);
  });

  it('that is closed signs in no more, and its token opens nothing', async () => {
    const { token } = await signIn('lamps', PASSWORD);
    assert.ok(token);
    const path = '/operator/v1/infrastructure-providers';
    assert.equal((await world.ask('operator', 'DELETE', `${path}/lamps`)).status, 204);
    assert.equal((await ask(token, '/infrastructure/v1/statement?periodId=2026-07')).status, 403);
    assert.equal((await signIn('lamps', PASSWORD)).question.status, 401);
    assert.equal((await world.ask('operator', 'DELETE', `${path}/nobody`)).body.code, 'PROVIDER_NOT_FOUND');
    const taken = { providerId: 'more', name: 'More', login: 'poles', password: PASSWORD };
    assert.equal((await world.ask('operator', 'POST', path, taken)).body.code, 'LOGIN_TAKEN');
  });
});
