import assert from 'node:assert/strict';
import {
  authorisation,
  DOCUMENT_TYPE,
  openDocument,
  visitorProfile,
  type HomeDecision,
} from '@roamgrid/wire';
import {
  activateRules,
  makeConsent,
  makeCustomer,
  makeKey,
  makeOffer,
  makeQuote,
  publicKey,
  VISITED,
} from '@roamgrid/service-kit/testing';
import * as client from 'openid-client';
import { startVisited, type Visited } from '../testing/visited.ts';
import { startWorld, type World } from '../testing/world.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a swipe at the home utility', () => {
  let world: World;
  let visited: Visited;
  let token: string;

  before(async () => {
    world = await startWorld();
    await activateRules(world.ask);
    visited = await startVisited(world);
    token = await visited.roamingToken();
  });
  after(() => world.close());

  /** Swipes and reads the decision. */
  const swipe = async (cin: string, offer = makeOffer()) => {
    const { auth_req_id: id } = await visited.swipe(cin, offer);
    return { id, offer, decision: await visited.decision(token, id) };
  };
  const yesOf = (decision: HomeDecision) => {
    assert.ok(
      decision.outcome === 'authorised',
      JSON.stringify(decision, (_key, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value,
      ),
    );
    return decision.authorisation;
  };
  const codeOf = async (response: Response): Promise<unknown> =>
    ((await response.json()) as { code?: unknown }).code;
  const refusedWith = (decision: HomeDecision) =>
    decision.outcome === 'refused' ? decision.code : decision.outcome;

  it('is decided at once, signed, and gives a token only after the driver’s consent', async () => {
    const customer = await makeCustomer(world.ask, { loyalty: 'gold' });
    const { id, offer, decision } = await swipe(customer.cin);
    assert.ok(decision.outcome === 'authorised');
    const keys = [publicKey(world.keys.home)];
    const yes = await openDocument(
      authorisation,
      DOCUMENT_TYPE.authorisation,
      decision.signedAuthorisation,
      keys,
    );
    assert.ok(yes.ok);
    assert.deepEqual(yes.value, decision.authorisation);
    assert.equal(yes.value.cinRef, customer.cinRef);
    assert.equal(yes.value.adjustmentPpm, -50_000n);
    assert.equal(yes.value.limitMicros, 14_250_000n);
    const profile = await openDocument(
      visitorProfile,
      DOCUMENT_TYPE.profile,
      decision.signedProfile ?? '',
      keys,
    );
    assert.ok(profile.ok && profile.value.perSessionMicros === 60_000_000n);

    await assert.rejects(visited.chargingToken(id), { error: 'authorization_pending' });
    const body = await makeConsent(world.keys, makeQuote(yes.value, offer));
    assert.equal((await visited.consent(token, id, body)).status, 204);
    assert.equal((await visited.consent(token, id, body)).status, 204);
    const tokens = await visited.chargingToken(id);
    assert.equal(tokens.token_type, 'dpop');
    const [detail] = tokens.authorization_details ?? [];
    assert.equal(detail?.['sessionId'], body.sessionId);
    assert.equal(detail['capMicros'], '12000000');
    await assert.rejects(visited.chargingToken(id), { error: 'invalid_grant' });
  });

  it('outlives a restart of the node between decision, consent and token', async () => {
    const { cin } = await makeCustomer(world.ask);
    const { id, offer, decision } = await swipe(cin);
    await world.restart();
    const body = await makeConsent(world.keys, makeQuote(yesOf(decision), offer));
    assert.equal((await visited.consent(token, id, body)).status, 204);
    await world.restart();
    const tokens = await visited.chargingToken(id);
    const report = { sequence: 1, atMs: Date.now(), energyWh: '100', powerW: '0', runningMicros: '1' };
    const path = `/roaming/v1/sessions/${body.sessionId}/reports`;
    assert.equal((await visited.call(tokens.access_token, 'POST', path, report)).status, 200);
  });

  it('is decided once: the same request again gets the first answer and puts nothing more aside', async () => {
    const { cin } = await makeCustomer(world.ask, {
      account: { paymentMethod: 'postpaid', currency: 'USD', creditLimitMicros: '16000000' },
    });
    const first = await swipe(cin);
    const [second, third] = await Promise.all([swipe(cin, first.offer), swipe(cin, first.offer)]);
    assert.deepEqual(second.decision, first.decision);
    assert.deepEqual(third.decision, first.decision);
    await assert.rejects(visited.swipe(cin, { ...first.offer, estimateMicros: 1n }), {
      error: 'invalid_request',
    });
  });

  it('of two at once on the last money, one is granted', async () => {
    const { cin } = await makeCustomer(world.ask, {
      account: { paymentMethod: 'postpaid', currency: 'USD', creditLimitMicros: '16000000' },
    });
    const both = await Promise.all([swipe(cin), swipe(cin), swipe(cin)]);
    assert.deepEqual(both.map(({ decision }) => refusedWith(decision)).sort(), [
      'LIMIT_EXCEEDED',
      'LIMIT_EXCEEDED',
      'authorised',
    ]);
  });

  it('of a prepaid customer spends no more than the balance and leaves no profile behind', async () => {
    const customer = await makeCustomer(world.ask, {
      account: { paymentMethod: 'prepaid', currency: 'USD', creditLimitMicros: '999000000' },
    });
    assert.equal(refusedWith((await swipe(customer.cin)).decision), 'LIMIT_EXCEEDED');
    const topUps = `/operator/v1/customers/${customer.customerId}/top-ups`;
    const topUp = { topUpId: 'cash-1', micros: '12000000' };
    assert.deepEqual((await world.ask('operator', 'POST', topUps, topUp)).body, {
      balanceMicros: '12000000',
    });
    assert.deepEqual((await world.ask('operator', 'POST', topUps, topUp)).body, {
      balanceMicros: '12000000',
    });
    const other = await world.ask('operator', 'POST', topUps, { ...topUp, micros: '1' });
    assert.equal(other.body.code, 'TOP_UP_CONFLICT');
    const { decision } = await swipe(customer.cin);
    assert.equal(yesOf(decision).limitMicros, 12_000_000n);
    assert.equal(decision.outcome === 'authorised' && decision.profile, undefined);
    assert.equal(refusedWith((await swipe(customer.cin)).decision), 'LIMIT_EXCEEDED');
  });

  it('is refused with a code of its own for each reason', async () => {
    const right = await makeCustomer(world.ask);
    const lost = await makeCustomer(world.ask);
    await world.ask('operator', 'POST', '/operator/v1/cins/state', { cin: lost.cin, state: 'lost' });
    const elsewhere = await makeCustomer(world.ask, {}, { partners: ['USTVA'] });
    const swap = await makeCustomer(world.ask, {}, { services: ['battery-swap'] });
    const euro = await makeCustomer(world.ask, {
      account: { paymentMethod: 'postpaid', currency: 'EUR', creditLimitMicros: '100000000' },
    });
    const rows = [
      [lost.cin, {}, 'CUSTOMER_BLOCKED'],
      [elsewhere.cin, {}, 'SERVICE_NOT_IN_PORTFOLIO'],
      [swap.cin, {}, 'SERVICE_NOT_IN_PORTFOLIO'],
      [right.cin, { agreementId: 'another' }, 'NO_AGREEMENT'],
      [right.cin, { estimateMicros: 61_000_000n }, 'LIMIT_EXCEEDED'],
      [right.cin, { minAdjustmentPpm: 200_000n, maxAdjustmentPpm: 300_000n }, 'NEGOTIATION_FAILED'],
      [euro.cin, {}, 'NEGOTIATION_FAILED'],
      [right.cin, { validUntilMs: Date.now() - 1 }, 'CONSENT_EXPIRED'],
    ] as const;
    for (const [cin, changes, code] of rows) {
      const { id, decision } = await swipe(cin, makeOffer(changes));
      assert.equal(refusedWith(decision), code);
      await assert.rejects(visited.chargingToken(id), { error: 'authorization_pending' });
    }
    await assert.rejects(visited.swipe('US-ALP-CENOBODY1-X', makeOffer()), { error: 'unknown_user_id' });
  });

  it('that is not one offer of the asking utility at this outlet is refused by the provider', async () => {
    const { cin } = await makeCustomer(world.ask);
    const offer = makeOffer();
    await assert.rejects(visited.swipe(cin, offer, { binding_message: 'elsewhere' }), {
      error: 'invalid_binding_message',
    });
    await assert.rejects(visited.swipe(cin, { ...offer, vun: 'USTVA' }), {
      error: 'invalid_authorization_details',
    });
    for (const details of ['', 'x', '[]', '[{"type":"other"}]', '[{"type":"ev_charging"}]']) {
      await assert.rejects(visited.swipe(cin, offer, { authorization_details: details }));
    }
  });

  it('of a utility with another key, suspended or expired is refused', async () => {
    const impostor = await startVisited(world, makeKey('duk-1'));
    await assert.rejects(impostor.roamingToken(), { error: 'invalid_client' });
    const entry = world.registry.issuers.get(VISITED);
    assert.ok(entry);
    try {
      for (const change of [{ status: 'suspended' }, { validUntilMs: Date.now() - 1 }] as const) {
        world.registry.issuers.set(VISITED, { ...entry, utility: { ...entry.utility, ...change } });
        await sleep(80);
        await assert.rejects(visited.roamingToken(), { error: 'invalid_client' });
        // A token of before does not help either.
        assert.equal((await visited.call(token, 'GET', '/roaming/v1/revocations')).status, 403);
      }
    } finally {
      world.registry.issuers.set(VISITED, entry);
      await sleep(80);
    }
  });

  it('needs the key that the token is bound to, and each proof once', async () => {
    const other = await startVisited(world);
    assert.equal((await other.call(token, 'GET', '/roaming/v1/revocations')).status, 401);
    const bare = await fetch(`${world.node.url}/roaming/v1/revocations`, {
      headers: { authorization: `DPoP ${token}` },
    });
    assert.equal(bare.status, 401);
    let seen: Record<string, string> | undefined;
    visited.config[client.customFetch] = (url, options) => {
      seen = options.headers;
      return fetch(url, options as RequestInit);
    };
    assert.equal((await visited.call(token, 'GET', '/roaming/v1/revocations')).status, 200);
    assert.ok(seen);
    const replayed = await fetch(`${world.node.url}/roaming/v1/revocations`, { headers: seen });
    assert.equal(replayed.status, 401);
  });

  describe('is not released by', () => {
    const attempt = async (
      change: (quote: ReturnType<typeof makeQuote>) => Promise<Record<string, unknown>>,
    ): Promise<unknown> => {
      const { cin } = await makeCustomer(world.ask);
      const { id, offer, decision } = await swipe(cin);
      const response = await visited.consent(token, id, await change(makeQuote(yesOf(decision), offer)));
      assert.ok(response.status >= 400);
      await assert.rejects(visited.chargingToken(id), { error: 'authorization_pending' });
      return codeOf(response);
    };

    it('a quote that differs from what was authorised', async () => {
      for (const change of [
        { capMicros: 15_000_001n },
        { estimateMicros: 12_000_001n },
        { adjustmentPpm: 1n },
        { tariffVersion: 2 },
        { requestId: 'another' },
        { hun: 'USTVA' },
        { requestedEnergyWh: 30_001n },
        { currency: 'EUR' },
      ]) {
        const code = await attempt((quote) => makeConsent(world.keys, { ...quote, ...change }));
        assert.equal(code, 'QUOTE_INVALID', Object.keys(change)[0]);
      }
    });

    it('a quote or a consent that somebody else signed', async () => {
      const visitedKey = makeKey(world.keys.visited.kid);
      const stationKey = makeKey(world.keys.station.kid);
      assert.equal(
        await attempt((quote) => makeConsent({ ...world.keys, visited: visitedKey }, quote)),
        'QUOTE_INVALID',
      );
      assert.equal(
        await attempt((quote) => makeConsent({ ...world.keys, station: stationKey }, quote)),
        'CONSENT_INVALID',
      );
      assert.equal(
        await attempt((quote) => makeConsent(world.keys, quote, { stationId: 'other' })),
        'CONSENT_INVALID',
      );
    });

    it('a hash that is not the quote’s', async () => {
      assert.equal(
        await attempt(async (quote) => ({
          ...(await makeConsent(world.keys, quote)),
          quoteHash: '0'.repeat(64),
        })),
        'QUOTE_INVALID',
      );
    });

    it('a consent that was given too late', async () => {
      const consentedAtMs = Date.now() + 600_000;
      const late = await attempt((quote) => makeConsent(world.keys, quote, { consentedAtMs }));
      assert.equal(late, 'AUTHORISATION_EXPIRED');
    });

    it('a second consent to another session', async () => {
      const { cin } = await makeCustomer(world.ask);
      const { id, offer, decision } = await swipe(cin);
      const yes = yesOf(decision);
      const one = await makeConsent(world.keys, makeQuote(yes, offer));
      const two = await makeConsent(world.keys, makeQuote(yes, offer));
      const [a, b] = await Promise.all([visited.consent(token, id, one), visited.consent(token, id, two)]);
      assert.deepEqual([a.status, b.status].sort(), [204, 409]);
    });
  });

  it('reports its energy, each report once, and is stopped at the cap or when the CIN is blocked', async () => {
    const { cin } = await makeCustomer(world.ask);
    const { id, offer, decision } = await swipe(cin);
    const body = await makeConsent(world.keys, makeQuote(yesOf(decision), offer));
    await visited.consent(token, id, body);
    const { access_token: charging } = await visited.chargingToken(id);
    const report = (sequence: number, runningMicros: string, sessionId = body.sessionId) =>
      visited.call(charging, 'POST', `/roaming/v1/sessions/${sessionId}/reports`, {
        sequence,
        atMs: 1_800_000_000_000,
        energyWh: (sequence * 100).toString(),
        powerW: '11000',
        runningMicros,
      });
    const commandOf = async (response: Response) => ((await response.json()) as { command?: string }).command;
    assert.equal(await commandOf(await report(2, '200')), 'continue');
    assert.equal(await commandOf(await report(1, '100')), 'continue');
    assert.equal(await commandOf(await report(2, '200')), 'continue');
    assert.equal(await codeOf(await report(2, '201')), 'REPORT_CONFLICT');
    assert.equal((await report(1, '100', 'another-session')).status, 403);
    assert.equal(await commandOf(await report(3, '12000000')), 'stop');
    await world.ask('operator', 'POST', '/operator/v1/cins/state', { cin, state: 'blocked' });
    assert.equal(await commandOf(await report(4, '300')), 'stop');
    // The token for the whole roaming API is not one for sessions.
    const wrong = await visited.call(token, 'POST', `/roaming/v1/sessions/${body.sessionId}/reports`, {});
    assert.equal(wrong.status, 403);
  });

  it('tells a visited utility once which profiles to forget, in order', async () => {
    const customer = await makeCustomer(world.ask);
    const { decision } = await swipe(customer.cin);
    const profileId = decision.outcome === 'authorised' ? decision.profile?.profileId : undefined;
    const read = async (after: string) =>
      (await (await visited.call(token, 'GET', `/roaming/v1/revocations?after=${after}`)).json()) as {
        revocations: { profileId: string }[];
        cursor: string;
      };
    const before = await read('');
    await world.ask('operator', 'PUT', `/operator/v1/customers/${customer.customerId}/loyalty`, {
      loyalty: 'gold',
    });
    const after = await read(before.cursor);
    assert.deepEqual(
      after.revocations.map((one) => one.profileId),
      [profileId],
    );
    assert.deepEqual((await read(after.cursor)).revocations, []);
  });
});
