import assert from 'node:assert/strict';
import {
  activateRules,
  makeConsent,
  makeCustomer,
  makeKey,
  makeOffer,
  makeQuote,
  publicKey,
  type TestCustomer,
} from '@roamgrid/service-kit/testing';
import {
  DRIVER_PAGE,
  driverAppConfig,
  REDIRECT,
  startDriverApp,
  type DriverApp,
} from '../testing/driver-app.ts';
import { startVisited, type Visited } from '../testing/visited.ts';
import { startWorld, type World } from '../testing/world.ts';

interface OwnCin {
  readonly cinRef: string;
  readonly printed: string;
  readonly deviceKey?: { readonly kid: string };
}

describe('the driver’s own device', () => {
  let world: World;
  let visited: Visited;
  let token: string;
  let app: DriverApp;

  before(async () => {
    world = await startWorld(driverAppConfig);
    await activateRules(world.ask);
    visited = await startVisited(world);
    token = await visited.roamingToken();
    app = await startDriverApp(world);
  });
  after(() => world.close());

  const deviceToken = (driver: TestCustomer) => app.deviceToken(driver);
  const signIn = (driver: TestCustomer, scope: string) => app.signIn(driver, { scope });
  const call = (access: string, method: string, path: string, body?: unknown) =>
    app.call<{ readonly cins: OwnCin[] }>(access, method, path, body);
  const keyPath = ({ cinRef }: Pick<TestCustomer, 'cinRef'>) => `/driver/v1/cins/${cinRef}/device-key`;
  const swipe = async ({ cin }: TestCustomer) => {
    const offer = makeOffer();
    const { auth_req_id: id } = await visited.swipe(cin, offer);
    return { id, offer, decision: await visited.decision(token, id) };
  };
  const yesOf = async (driver: TestCustomer) => {
    const swiped = await swipe(driver);
    assert.ok(swiped.decision.outcome === 'authorised', JSON.stringify(swiped.decision.outcome));
    return { ...swiped, decision: swiped.decision };
  };
  const requireAbove = (driver: TestCustomer, aboveMicros?: string) =>
    world.ask(
      'operator',
      'PUT',
      `/operator/v1/customers/${driver.customerId}/driver-consent`,
      aboveMicros === undefined ? {} : { aboveMicros },
    );

  it('is bound by its driver, who is asked for exactly that, and goes into all that home signs', async () => {
    const driver = await makeCustomer(world.ask);
    const { token: access, question } = await deviceToken(driver);
    assert.match(question, /asks to make this device sign for your charging/);
    const phone = publicKey(makeKey('phone-1'));
    const before = (await yesOf(driver)).decision.authorisation;
    assert.deepEqual([before.driverKey, before.driverAppUrl], [undefined, undefined]);
    assert.equal((await call(access, 'PUT', keyPath(driver), phone)).status, 204);
    const { cins } = await call(access, 'GET', '/driver/v1/cins');
    assert.deepEqual(
      cins?.map(({ cinRef, deviceKey }) => [cinRef, deviceKey]),
      [[driver.cinRef, phone]],
    );
    const { authorisation, profile } = (await yesOf(driver)).decision;
    assert.deepEqual(authorisation.driverKey, phone);
    assert.deepEqual(profile?.driverKey, phone);
    assert.deepEqual([authorisation.driverAppUrl, profile.driverAppUrl], [DRIVER_PAGE, DRIVER_PAGE]);
  });

  it('takes the place of the one before: profiles with the old key are revoked, and the same again changes nothing', async () => {
    const driver = await makeCustomer(world.ask);
    const { token: access } = await deviceToken(driver);
    const first = publicKey(makeKey('phone-1'));
    await call(access, 'PUT', keyPath(driver), first);
    const before = (await yesOf(driver)).decision.profile?.profileId ?? '';
    const revoked = async () => {
      const response = await visited.call(token, 'GET', '/roaming/v1/revocations?after=');
      return JSON.stringify(await response.json()).includes(before);
    };
    assert.equal((await call(access, 'PUT', keyPath(driver), first)).status, 204);
    assert.equal(await revoked(), false);
    assert.equal((await call(access, 'PUT', keyPath(driver), publicKey(makeKey('phone-2')))).status, 204);
    assert.equal(await revoked(), true);
    assert.equal((await call(access, 'DELETE', keyPath(driver))).status, 204);
    assert.equal((await call(access, 'DELETE', keyPath(driver))).status, 204);
    assert.equal((await yesOf(driver)).decision.authorisation.driverKey, undefined);
  });

  it('is nobody else’s to bind: another customer, another scope, another API, another key', async () => {
    const driver = await makeCustomer(world.ask);
    const stranger = await makeCustomer(world.ask);
    const phone = publicKey(makeKey('phone-1'));
    const { token: strangers } = await deviceToken(stranger);
    assert.equal((await call(strangers, 'PUT', keyPath(driver), phone)).code, 'CIN_NOT_FOUND');
    assert.equal((await call(strangers, 'DELETE', keyPath(driver))).code, 'CIN_NOT_FOUND');
    const { token: bills, question } = await signIn(driver, 'openid bills');
    assert.match(question, /asks to see your charging sessions and bills/);
    assert.equal((await call(bills, 'PUT', keyPath(driver), phone)).status, 401);
    assert.equal((await call(token, 'GET', '/driver/v1/cins')).status, 401);
    const { token: own } = await deviceToken(driver);
    const bare = await fetch(`${world.node.url}/driver/v1/cins`, {
      headers: { authorization: `DPoP ${own}` },
    });
    assert.equal(bare.status, 401);
    const noPoint = { ...phone, x: 'A'.repeat(43), y: 'A'.repeat(43) };
    assert.equal((await call(own, 'PUT', keyPath(driver), noPoint)).code, 'INVALID_REQUEST');
    await world.ask('operator', 'POST', '/operator/v1/cins/state', { cin: driver.cin, state: 'lost' });
    assert.equal((await call(own, 'PUT', keyPath(driver), phone)).code, 'CIN_NOT_ACTIVE');
  });

  it('consents beside the station, and must where home asks for it above an amount', async () => {
    const driver = await makeCustomer(world.ask);
    const phone = makeKey('phone-1');
    const { token: access } = await deviceToken(driver);
    await call(access, 'PUT', keyPath(driver), publicKey(phone));
    assert.equal((await requireAbove(driver, '11000000')).status, 204);
    const attempt = async (device?: ReturnType<typeof makeKey>, capMicros = 12_000_000n) => {
      const { id, offer, decision } = await yesOf(driver);
      const { authorisation, signedAuthorisation: evidence } = decision;
      assert.equal(authorisation.driverConsentAboveMicros, 11_000_000n);
      const quote = makeQuote(authorisation, offer, { capMicros });
      const by = { evidence, cinRef: authorisation.cinRef, offer };
      const body = await makeConsent(world.keys, quote, by, device === undefined ? {} : { device });
      const response = await visited.consent(token, id, body);
      return response.status === 204 ? '' : ((await response.json()) as { detail: string }).detail;
    };
    assert.match(await attempt(), /^BAD_SIGNATURE: home requires the consent of the driver’s own device/);
    assert.match(await attempt(makeKey('phone-1')), /^BAD_SIGNATURE: driverConsent/);
    assert.equal(await attempt(phone), '');
    assert.equal(await attempt(undefined, 11_000_000n), '');
    assert.equal((await requireAbove(driver)).status, 204);
    assert.equal((await yesOf(driver)).decision.authorisation.driverConsentAboveMicros, undefined);
  });

  it('that is asked for and not bound keeps what home allows under the amount', async () => {
    const driver = await makeCustomer(world.ask);
    await requireAbove(driver, '12500000');
    const { authorisation, profile } = (await yesOf(driver)).decision;
    assert.equal(authorisation.limitMicros, 12_500_000n);
    assert.equal(profile?.perSessionMicros, 12_500_000n);
    await requireAbove(driver, '9000000');
    const { decision } = await swipe(driver);
    assert.ok(decision.outcome === 'refused' && decision.code === 'LIMIT_EXCEEDED');
    assert.match(decision.message, /without your own device/);
  });

  it('may be bound from the page of the utility’s own app, and from no other', async () => {
    const ask = async (origin: string) => {
      const headers = { origin, 'access-control-request-method': 'PUT' };
      const response = await fetch(`${world.node.url}/driver/v1/cins`, { method: 'OPTIONS', headers });
      return response.headers.get('access-control-allow-origin');
    };
    const own = new URL(REDIRECT).origin;
    assert.equal(await ask(own), own);
    assert.equal(await ask('https://elsewhere.example'), null);
    assert.equal(await ask('null'), null);
  });
});
