import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { makeCin, unwrap } from '@roamgrid/domain';
import {
  routeTokenAnswer,
  type DriverToken,
  type IssuerEntry,
  type RefusalCode,
  type RouteAnswer,
  type RouteTokenAnswer,
} from '@roamgrid/wire';
import { HOME, makeCustomer, makeKey, publicKey } from '@roamgrid/service-kit/testing';
import { IMPATIENT, PATIENT, startNetwork, type Network } from '../testing/network.ts';
import { babblingPeer, deadPeer, silentPeer, type Peer } from '../testing/peers.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a swipe that cannot be authorised', () => {
  let network: Network;
  let right: IssuerEntry;
  let cin: string;
  before(async function () {
    this.timeout(60_000);
    network = await startNetwork();
    right = entry();
    ({ cin } = await makeCustomer(network.askHome, { whitelist: 'NEVER' }));
  });
  after(() => network.close());
  /** Each test changes the registry's entry of the home; a fresh router knows nothing of the last one. */
  afterEach(async () => {
    await Promise.all(peers.splice(0).map((peer) => peer.close()));
    network.registry.issuers.set(HOME, right);
    await network.restartRouter();
  });

  const peers: Peer[] = [];
  const open = (peer: Peer): Peer => {
    peers.push(peer);
    return peer;
  };
  const entry = (): IssuerEntry => {
    const found = network.registry.issuers.get(HOME);
    assert.ok(found);
    return found;
  };
  const register = (changes: Partial<IssuerEntry['utility']>): void => {
    network.registry.issuers.set(HOME, { ...right, utility: { ...right.utility, ...changes } });
  };
  const at = (url: string): void => {
    register({ oidcIssuer: `${url}/oidc`, aaaUrl: url });
  };
  const assertRefused = (answer: RouteAnswer, code: RefusalCode): void => {
    assert.ok(answer.outcome === 'refused', inspect(answer));
    assert.equal(answer.code, code);
    assert.ok(answer.message.length > 10 && answer.remedy.length > 10);
  };

  it('has a wrong check character: nobody is asked', async () => {
    const asked = network.registry.asked.get(HOME);
    const wrong = cin.slice(0, -1) + (cin.endsWith('A') ? 'B' : 'A');
    assertRefused(await network.swipe(wrong), 'CIN_INVALID');
    assert.equal(network.registry.asked.get(HOME), asked);
  });

  it('has a home that registered an address inside our own network: nothing is sent there', async () => {
    const inside = open(
      await babblingPeer(
        'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
      ),
    );
    await network.restartRouter({ allowedNetworks: ['10.20.0.0/16'] });
    at(inside.url);
    assertRefused(await network.swipe(cin), 'HOME_PROTOCOL_ERROR');
    assert.equal(inside.requests(), 0);
    await network.restartRouter();
    assertRefused(await network.swipe(cin), 'HOME_PROTOCOL_ERROR');
    assert.ok(inside.requests() > 0, 'where the network is allowed, it is asked');
  });

  it('has an issuer that the registry does not know', async () => {
    network.registry.issuers.delete(HOME);
    assertRefused(await network.swipe(cin), 'ISSUER_UNKNOWN');
  });

  it('has an issuer whose registration ran out, or is suspended', async () => {
    register({ validUntilMs: Date.now() - 1 });
    assertRefused(await network.swipe(cin), 'ISSUER_EXPIRED');
    await sleep(60);
    register({ status: 'suspended' });
    assertRefused(await network.swipe(cin), 'ISSUER_EXPIRED');
  });

  it('has an issuer without an agreement, or with one that ended', async () => {
    network.registry.issuers.set(HOME, { utility: right.utility, asOfBlock: 1 });
    assertRefused(await network.swipe(cin), 'NO_AGREEMENT');
    await sleep(60);
    assert.ok(right.agreement);
    for (const over of [{ endsAtMs: Date.now() - 1 }, { state: 'withdrawn' }] as const) {
      network.registry.issuers.set(HOME, { ...right, agreement: { ...right.agreement, ...over } });
      assertRefused(await network.swipe(cin), 'NO_AGREEMENT');
      await sleep(60);
    }
  });

  it('has a home where nothing listens', async () => {
    at(await deadPeer());
    assertRefused(await network.swipe(cin), 'HOME_UNREACHABLE');
  });

  it('has a home behind a proxy that says 503', async () => {
    const peer = open(await babblingPeer('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n'));
    at(peer.url);
    assertRefused(await network.swipe(cin), 'HOME_UNREACHABLE');
  });

  it('has a home that accepts and never answers: the wait is bounded', async () => {
    const peer = open(await silentPeer());
    await network.restartRouter({ times: IMPATIENT });
    at(peer.url);
    assertRefused(await network.swipe(cin), 'HOME_TIMEOUT');
    assert.ok(peer.requests() >= 1);
  });

  it('has a home that hangs after its process was stopped', async () => {
    assert.equal((await network.swipe(cin)).outcome, 'authorised');
    await network.restartRouter({ times: IMPATIENT });
    network.home.freeze();
    try {
      assertRefused(await network.swipe(cin), 'HOME_TIMEOUT');
    } finally {
      network.home.thaw();
    }
  });

  for (const [what, bytes] of [
    ['a page', 'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<h1>Hello</h1'],
    ['broken JSON', 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5\r\n\r\n{"a":'],
    ['other JSON', 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]'],
  ] as const) {
    it(`has a home that answers with ${what}`, async () => {
      const peer = open(await babblingPeer(bytes));
      at(peer.url);
      assertRefused(await network.swipe(cin), 'HOME_PROTOCOL_ERROR');
      assert.ok(peer.requests() >= 1);
    });
  }

  it('has a home whose yes is not signed with the key in the registry', async () => {
    register({ signingKeys: [{ ...publicKey(makeKey('other')), kid: 'alp-1', fromMs: 0 }] });
    assertRefused(await network.swipe(cin), 'HOME_PROTOCOL_ERROR');
  });

  it('has a home whose key the registry does not know', async () => {
    register({ signingKeys: [{ ...publicKey(makeKey('other')), fromMs: 0 }] });
    assertRefused(await network.swipe(cin), 'HOME_PROTOCOL_ERROR');
  });

  it('has a customer whom home does not know, has blocked, or gave no such service', async () => {
    const unknown = unwrap(makeCin({ country: 'US', party: 'ALP', service: 'E', customer: 'NOBODY1' }));
    assertRefused(await network.swipe(unknown), 'CUSTOMER_UNKNOWN');
    const blocked = await makeCustomer(network.askHome);
    await network.askHome('operator', 'POST', '/operator/v1/cins/state', {
      cin: blocked.cin,
      state: 'blocked',
    });
    assertRefused(await network.swipe(blocked.cin), 'CUSTOMER_BLOCKED');
    const elsewhere = await makeCustomer(network.askHome, {}, { partners: ['USTVA'] });
    assertRefused(await network.swipe(elsewhere.cin), 'SERVICE_NOT_IN_PORTFOLIO');
  });

  it('is above what the customer may owe', async () => {
    const poor = await makeCustomer(network.askHome, {
      account: { paymentMethod: 'postpaid', currency: 'USD', creditLimitMicros: '1000000' },
    });
    assertRefused(await network.swipe(poor.cin), 'LIMIT_EXCEEDED');
  });

  it('has charging rules with nothing in common', async () => {
    const none = await network.swipe(cin, { minAdjustmentPpm: 300_000n, maxAdjustmentPpm: 400_000n });
    assertRefused(none, 'NEGOTIATION_FAILED');
    const outside = await network.swipe(cin, {
      minMicrosPerKWh: 100_000_000n,
      maxMicrosPerKWh: 200_000_000n,
    });
    assertRefused(outside, 'NEGOTIATION_FAILED');
  });

  it('has a registry that cannot be read', async () => {
    await network.restartRouter({ gatewayUrl: await deadPeer() });
    assertRefused(await network.swipe(cin), 'LEDGER_UNAVAILABLE');
  });

  it('has a home that failed too often: it is not asked for a while, then tried once and used again', async () => {
    const peer = open(await silentPeer());
    // A silent home is not asked long, and a pause is longer than four swipes of it on any machine.
    await network.restartRouter({
      times: IMPATIENT,
      breaker: { failures: 3, openMs: 30_000 },
    });
    at(peer.url);
    for (let round = 0; round < 3; round += 1) assertRefused(await network.swipe(cin), 'HOME_TIMEOUT');
    const requests = peer.requests();
    assertRefused(await network.swipe(cin), 'HOME_UNREACHABLE');
    assert.equal(peer.requests(), requests);
    // After a short pause, it is tried once and used again.
    const dead = await deadPeer();
    await network.restartRouter({ times: PATIENT, breaker: { failures: 3, openMs: 100 } });
    at(dead);
    for (let round = 0; round < 4; round += 1) assertRefused(await network.swipe(cin), 'HOME_UNREACHABLE');
    network.registry.issuers.set(HOME, right);
    await sleep(200);
    const back = await network.swipe(cin);
    assert.equal(back.outcome, 'authorised', inspect(back));
  });

  it('comes by a token of nobody’s; those of home’s and our own customers, and a bare contract id, lead to their CINs', async () => {
    const whose = async (token: DriverToken): Promise<RouteTokenAnswer> => {
      const { status, body } = await network.ask('POST', '/router/v1/tokens/resolve', {
        token,
        homes: [HOME],
      });
      assert.equal(status, 200, inspect(body));
      return routeTokenAnswer.parse(body);
    };
    for (const [value, ask] of [
      ['04A2001C', network.askHome],
      ['04A2002D', network.askOwn],
    ] as const) {
      const customer = await makeCustomer(ask);
      const token = { type: 'rfid', value } as const;
      await ask('operator', 'POST', `/operator/v1/cins/${customer.cinRef}/driver-tokens`, { token });
      const known = { outcome: 'known', cin: customer.cin };
      assert.deepEqual(await whose(token), known);
      assert.deepEqual(await whose({ type: 'emaid', value: customer.cin.slice(0, -1) }), known);
    }
    const nobody = await whose({ type: 'rfid', value: 'FFFFFFFF' });
    assert.equal(nobody.outcome === 'refused' && nobody.code, 'TOKEN_UNKNOWN');
  });
});
