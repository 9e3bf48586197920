import assert from 'node:assert/strict';
import {
  authorisation,
  DOCUMENT_TYPE,
  laneIdOf,
  openDocument,
  sessionIdOf,
  visitorProfile,
  type HomeConsent,
  type HomeDecision,
  type Quote,
} from '@roamgrid/wire';
import {
  activateRules,
  CHANNEL,
  HOME,
  makeConsent,
  makeCustomer,
  makeKey,
  makeOffer,
  makeQuote,
  nextSessionId,
  publicKey,
  STATION,
  VISITED,
  type ConsentChanges,
} from '@roamgrid/service-kit/testing';
import * as client from 'openid-client';
import { startVisited, type Visited } from '../testing/visited.ts';
import { startWorld, type World } from '../testing/world.ts';

interface Told {
  readonly code: string;
  readonly detail: string;
}

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
  /** What the visited gateway tells when the driver consents to a quote of this swipe. */
  const consentOf = (
    swiped: Awaited<ReturnType<typeof swipe>>,
    changes: Partial<Quote> = {},
    more: ConsentChanges = {},
    keys: Parameters<typeof makeConsent>[0] = world.keys,
  ) => {
    const yes = yesOf(swiped.decision);
    const by = { evidence: signedYesOf(swiped.decision), cinRef: yes.cinRef, offer: swiped.offer };
    return makeConsent(keys, makeQuote(yes, swiped.offer, changes), by, more);
  };
  const signedYesOf = (decision: HomeDecision) =>
    decision.outcome === 'authorised' ? decision.signedAuthorisation : '';
  const codeOf = async (response: Response): Promise<unknown> =>
    ((await response.json()) as { code?: unknown }).code;
  const refusedWith = (decision: HomeDecision) =>
    decision.outcome === 'refused' ? decision.code : decision.outcome;

  it('is decided at once, signed, and gives a token only after the driver’s consent', async () => {
    const customer = await makeCustomer(world.ask, { loyalty: 'gold' });
    const swiped = await swipe(customer.cin);
    const { id, decision } = swiped;
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
    assert.equal(yes.value.channel, CHANNEL);
    assert.equal(yes.value.sessionId, swiped.offer.sessionId);
    assert.ok(Math.abs(yes.value.issuedAtMs - Date.now()) < 10_000);
    assert.equal(yes.value.adjustmentPpm, -50_000n);
    assert.equal(yes.value.limitMicros, 14_250_000n);
    const profile = await openDocument(
      visitorProfile,
      DOCUMENT_TYPE.profile,
      decision.signedProfile ?? '',
      keys,
    );
    assert.ok(profile.ok && profile.value.perSessionMicros === 60_000_000n);
    assert.deepEqual([profile.value.channel, profile.value.maxSessions], [CHANNEL, 200]);

    await assert.rejects(visited.chargingToken(id), { error: 'authorization_pending' });
    const body = await consentOf(swiped);
    assert.equal((await visited.consent(token, id, body)).status, 204);
    assert.equal((await visited.consent(token, id, body)).status, 204);
    const tokens = await visited.chargingToken(id);
    assert.equal(tokens.token_type, 'dpop');
    const [detail] = tokens.authorization_details ?? [];
    assert.equal(detail?.['sessionId'], body.sessionId);
    assert.equal(detail['capMicros'], '12000000');
    // An answer may be lost: polling again gives a token for the same session, and leaves the first as it is.
    const again = await visited.chargingToken(id);
    assert.deepEqual(again.authorization_details, tokens.authorization_details);
    const report = { sequence: 1, atMs: Date.now(), energyWh: '1', powerW: '0', runningMicros: '1' };
    for (const { access_token: charging } of [tokens, again]) {
      const path = `/roaming/v1/sessions/${body.sessionId}/reports`;
      assert.equal((await visited.call(charging, 'POST', path, report)).status, 200);
    }
  });

  it('outlives a restart of the node between decision, consent and token', async () => {
    const { cin } = await makeCustomer(world.ask);
    const swiped = await swipe(cin);
    const { id } = swiped;
    await world.restart();
    const body = await consentOf(swiped);
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
    const fleet = await makeCustomer(world.ask, {}, { services: ['fleet-charging', 'charging'] });
    const euro = await makeCustomer(world.ask, {
      account: { paymentMethod: 'postpaid', currency: 'EUR', creditLimitMicros: '100000000' },
    });
    const rows = [
      [lost.cin, {}, 'CUSTOMER_BLOCKED'],
      [elsewhere.cin, {}, 'SERVICE_NOT_IN_PORTFOLIO'],
      [swap.cin, {}, 'SERVICE_NOT_IN_PORTFOLIO'],
      [fleet.cin, { service: 'charging' }, 'SERVICE_NOT_IN_PORTFOLIO'],
      [right.cin, { service: 'fleet-charging' }, 'SERVICE_NOT_IN_PORTFOLIO'],
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
    for (const change of [
      { vun: 'USTVA' },
      { channel: 'another' },
      { sessionId: 'USTVA-USALP-g0-1' },
      { sessionId: 'USDUK-USTVA-g0-1' },
    ]) {
      await assert.rejects(
        visited.swipe(cin, { ...offer, ...change }),
        { error: 'invalid_authorization_details' },
        JSON.stringify(change),
      );
    }
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
    let seen: Record<string, string> = {};
    visited.config[client.customFetch] = (url, options) => {
      seen = options.headers;
      return fetch(url, options as RequestInit);
    };
    assert.equal((await visited.call(token, 'GET', '/roaming/v1/revocations')).status, 200);
    assert.ok('dpop' in seen);
    for (const restart of [false, true]) {
      if (restart) await world.restart();
      const replayed = await fetch(`${world.node.url}/roaming/v1/revocations`, { headers: seen });
      assert.equal(replayed.status, 401);
    }
  });

  it('is released by what was signed before the station changed its key, and by no key that came later', async () => {
    const place = `${VISITED} ${STATION}`;
    const station = world.registry.stations.get(place);
    assert.ok(station);
    const later = makeKey('station-2');
    const release = async (key: typeof later) => {
      const { cin } = await makeCustomer(world.ask);
      const swiped = await swipe(cin);
      const signed = await consentOf(swiped, {}, {}, { ...world.keys, station: key });
      const changedMs = Date.now() + 1;
      world.registry.stations.set(place, {
        ...station,
        signingKeys: [
          ...station.signingKeys.map((each) => ({ ...each, untilMs: changedMs })),
          { ...publicKey(later), fromMs: changedMs },
        ],
      });
      await sleep(80);
      const response = await visited.consent(token, swiped.id, signed);
      return response.ok ? 'ok' : codeOf(response);
    };
    try {
      assert.equal(await release(world.keys.station), 'ok');
      assert.equal(await release(later), 'OPENING_REFUSED');
    } finally {
      world.registry.stations.set(place, station);
      await sleep(80);
    }
  });

  describe('is not released by', () => {
    type Swiped = Awaited<ReturnType<typeof swipe>>;
    const attempt = async (make: (swiped: Swiped) => Promise<object>): Promise<Told> => {
      const { cin } = await makeCustomer(world.ask);
      const swiped = await swipe(cin);
      const response = await visited.consent(token, swiped.id, await make(swiped));
      assert.ok(response.status >= 400);
      await assert.rejects(visited.chargingToken(swiped.id), { error: 'authorization_pending' });
      return (await response.json()) as Told;
    };

    it('a quote that differs from what was authorised, and the gateway is not asked', async () => {
      const asked = world.registry.judged.length;
      for (const change of [
        { capMicros: 15_000_001n },
        { estimateMicros: 12_000_001n },
        { adjustmentPpm: 1n },
        { tariffVersion: 2 },
        { channel: 'another' },
        { hun: 'USTVA' },
        { requestedEnergyWh: 30_001n },
        { currency: 'EUR' },
        { sessionId: nextSessionId() },
      ]) {
        const { code } = await attempt((swiped) => consentOf(swiped, change));
        assert.equal(code, 'QUOTE_INVALID', Object.keys(change)[0]);
      }
      assert.equal(world.registry.judged.length, asked);
    });

    it('a quote that another utility signed, and a hash that is not the quote’s', async () => {
      const visitedKey = makeKey(world.keys.visited.kid);
      const forged = await attempt((swiped) =>
        consentOf(swiped, {}, {}, { ...world.keys, visited: visitedKey }),
      );
      assert.equal(forged.code, 'QUOTE_INVALID');
      const hashed = await attempt(async (swiped) => ({
        ...(await consentOf(swiped)),
        quoteHash: '0'.repeat(64),
      }));
      assert.equal(hashed.code, 'QUOTE_INVALID');
    });

    it('an opening that is none, or is of another session, quote or kind', async () => {
      const rows: readonly ((body: HomeConsent) => Partial<HomeConsent>)[] = [
        () => ({ openBody: '{}' }),
        ({ openBody }) => ({ openBody: ` ${openBody}` }),
        ({ openBody }) => ({ openBody: openBody.replace('"authorisedBy":"home"', '"authorisedBy":"cache"') }),
        ({ openBody, sessionId }) => ({ openBody: openBody.replaceAll(sessionId, 'USDUK-USALP-g0-99999') }),
        ({ openBody }) => ({ openBody: openBody.replace('"plannedMs":3600000', '"plannedMs":3600001') }),
      ];
      for (const [row, change] of rows.entries()) {
        const { code } = await attempt(async (swiped) => {
          const body = await consentOf(swiped);
          return { ...body, ...change(body) };
        });
        assert.equal(code, 'OPENING_INVALID', `row ${row}`);
      }
    });

    it('an opening that the own gateway judges to be bad: the visited utility hears why, each time alike', async () => {
      const stranger = { ...world.keys, station: makeKey(world.keys.station.kid) };
      const late = Date.now() + 600_000;
      const rows: readonly (readonly [RegExp, (swiped: Swiped) => Promise<HomeConsent>])[] = [
        [/^BAD_SIGNATURE: consent/, (swiped) => consentOf(swiped, {}, {}, stranger)],
        [/^BAD_SIGNATURE: consent/, (swiped) => consentOf(swiped, {}, { stationId: 'other' })],
        [/^EXPIRED: /, (swiped) => consentOf(swiped, {}, { consentedAtMs: late })],
        [/^BAD_SIGNATURE: the evidence/, (swiped) => consentOf(swiped, {}, { open: { evidence: 'a.b.c' } })],
        [
          /^BAD_SIGNATURE: the quote is not of the offer/,
          (swiped) => consentOf({ ...swiped, offer: { ...swiped.offer, maxMicrosPerKWh: 399_999n } }),
        ],
        [
          /^BAD_SIGNATURE: home bound no device/,
          (swiped) => consentOf(swiped, {}, { device: makeKey('phone') }),
        ],
      ];
      for (const [expected, make] of rows) {
        const told = await attempt(make);
        assert.equal(told.code, 'OPENING_REFUSED');
        assert.match(told.detail, expected);
      }
      const { cin } = await makeCustomer(world.ask);
      const swiped = await swipe(cin);
      const bad = await consentOf(swiped, {}, { stationId: 'other' });
      const twice = [
        await visited.consent(token, swiped.id, bad),
        await visited.consent(token, swiped.id, bad),
      ];
      assert.deepEqual(await Promise.all(twice.map(codeOf)), ['OPENING_REFUSED', 'OPENING_REFUSED']);
      // Nothing was taken by it: the right opening of the same session still is.
      assert.equal((await visited.consent(token, swiped.id, await consentOf(swiped))).status, 204);
    });

    it('an opening that the own gateway is silent about: that is no answer, and a repeat is judged', async () => {
      const { cin } = await makeCustomer(world.ask);
      const swiped = await swipe(cin);
      const body = await consentOf(swiped);
      world.registry.faults.judgeAfterMs = 1_500;
      try {
        // Whoever waited for the judgement would be told 204.
        assert.equal((await visited.consent(token, swiped.id, body)).status, 503);
        await assert.rejects(visited.chargingToken(swiped.id), { error: 'authorization_pending' });
      } finally {
        world.registry.faults.judgeAfterMs = 0;
      }
      assert.equal((await visited.consent(token, swiped.id, body)).status, 204);
    });

    it('a second opening of the session', async () => {
      const { cin } = await makeCustomer(world.ask);
      const swiped = await swipe(cin);
      const [one, two] = [await consentOf(swiped), await consentOf(swiped)];
      const [a, b] = await Promise.all([
        visited.consent(token, swiped.id, one),
        visited.consent(token, swiped.id, two),
      ]);
      assert.deepEqual([a.status, b.status].sort(), [204, 409]);
    });
  });

  it('reports its energy, each report once, and is stopped at the cap or when the CIN is blocked', async () => {
    const { cin } = await makeCustomer(world.ask);
    const swiped = await swipe(cin);
    const { id } = swiped;
    const body = await consentOf(swiped);
    await visited.consent(token, id, body);
    const { access_token: charging } = await visited.chargingToken(id);
    const report = (sequence: number, runningMicros: string, sessionId: string = body.sessionId) =>
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
    assert.equal((await report(1, '100', nextSessionId())).status, 403);
    assert.equal(await commandOf(await report(3, '12000000')), 'stop');
    await world.ask('operator', 'POST', '/operator/v1/cins/state', { cin, state: 'blocked' });
    assert.equal(await commandOf(await report(4, '300')), 'stop');
    // The token for the whole roaming API is not one for sessions.
    const wrong = await visited.call(token, 'POST', `/roaming/v1/sessions/${body.sessionId}/reports`, {});
    assert.equal(wrong.status, 403);
  });

  it('leaves a profile in each lane, which stands beside those of the others', async () => {
    const customer = await makeCustomer(world.ask);
    const revoked = async () =>
      (await (await visited.call(token, 'GET', '/roaming/v1/revocations?after=')).json()) as {
        revocations: unknown[];
      };
    const before = await revoked();
    const leftIn = async (group: string, number: number) => {
      const laneId = laneIdOf(VISITED, HOME, group);
      const { auth_req_id: id } = await visited.swipe(
        customer.cin,
        makeOffer({ sessionId: sessionIdOf(laneId, number) }),
      );
      const decision = await visited.decision(token, id);
      assert.ok(decision.outcome === 'authorised' && decision.profile !== undefined);
      assert.equal(decision.profile.laneId, laneId);
      return decision.profile;
    };
    const one = await leftIn('lane1', 1);
    const two = await leftIn('lane2', 1);
    assert.notEqual(two.profileId, one.profileId);
    // What one lane may lend alone is no longer there for the other.
    assert.ok(two.exposureMicros < one.exposureMicros);
    assert.deepEqual(await revoked(), before);
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
