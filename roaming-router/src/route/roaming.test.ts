import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import {
  occurrence,
  routeReportAnswer,
  type ChargeOffer,
  type HomeConsent,
  type Quote,
  type RouteAnswer,
  type RouteGrant,
} from '@roamgrid/wire';
import {
  HOME,
  makeConsent,
  makeCustomer,
  makeKey,
  makeOffer,
  makeQuote,
  nextSessionId,
  VISITED,
  type ConsentChanges,
} from '@roamgrid/service-kit/testing';
import { IMPATIENT, startNetwork, type Network } from '../testing/network.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a swipe through the router', () => {
  let network: Network;
  before(async function () {
    this.timeout(60_000);
    network = await startNetwork();
  });
  after(() => network.close());

  /** What the gateway tells of a driver's consent to a grant. */
  const consentOf = (
    grant: RouteGrant,
    changes: Partial<Quote> = {},
    more: ConsentChanges = {},
  ): Promise<HomeConsent> => {
    const { cinRef, adjustmentPpm } = grant.grant;
    const offer = offers.get(grant.sessionId);
    assert.ok(offer);
    const by = {
      evidence: grant.evidence,
      cinRef,
      ...(grant.authorisedBy === 'home' ? { offer } : {}),
    };
    return makeConsent(network.keys, makeQuote({ adjustmentPpm }, offer, changes), by, more);
  };
  const bring = (body: HomeConsent) =>
    network.ask('POST', `/router/v1/authorisations/${body.sessionId}/consent`, body);
  /** Consents to a grant; answers the session. */
  const consentTo = async (grant: RouteGrant, changes: Partial<Quote> = {}): Promise<string> => {
    const answer = await bring(await consentOf(grant, changes));
    assert.equal(answer.status, 204, JSON.stringify(answer.body));
    return grant.sessionId;
  };
  /** Swipes, and remembers the offer. */
  const offers = new Map<string, ChargeOffer>();
  const swipe = (cin: string, changes: Partial<ChargeOffer> = {}): Promise<RouteAnswer> => {
    const offer = makeOffer(changes);
    offers.set(offer.sessionId, offer);
    return network.swipe(cin, offer);
  };
  const granted = async (cin: string, by: RouteGrant['authorisedBy']): Promise<RouteGrant> => {
    const answer = await swipe(cin);
    assert.ok(answer.outcome === 'authorised' && answer.authorisedBy === by, inspect(answer));
    return answer;
  };
  const read = async (sessionId: string) =>
    occurrence.parse((await network.ask('GET', `/router/v1/occurrences/${sessionId}`)).body);
  const until = async (holds: () => Promise<boolean>, what: string): Promise<void> => {
    const endMs = Date.now() + 20_000;
    while (!(await holds())) {
      assert.ok(Date.now() < endMs, what);
      await sleep(50);
    }
  };
  const report = (sessionId: string, sequence: number, runningMicros = '1000000') =>
    network.ask('POST', `/router/v1/sessions/${sessionId}/reports`, {
      sequence,
      atMs: 1_800_000_000_000,
      energyWh: (sequence * 1_000).toString(),
      powerW: '11000',
      runningMicros,
    });

  it('is authorised by home the first time and from the kept profile the second', async () => {
    const { cin, cinRef } = await makeCustomer(network.askHome, { loyalty: 'platinum' });
    const first = await swipe(cin);
    assert.ok(first.outcome === 'authorised', inspect(first));
    assert.equal(first.authorisedBy, 'home');
    assert.equal(first.grant.cinRef, cinRef);
    assert.equal(first.grant.adjustmentPpm, -120_000n);
    const session = await consentTo(first);
    assert.deepEqual(routeReportAnswer.parse((await report(session, 1)).body), {
      sequence: 1,
      command: 'continue',
      delivered: true,
    });

    const second = await swipe(cin);
    assert.ok(second.outcome === 'authorised');
    assert.equal(second.authorisedBy, 'cache');
    const local = await consentTo(second);
    assert.equal(routeReportAnswer.parse((await report(local, 1)).body).command, 'continue');
    const joined = await read(local);
    assert.deepEqual([joined.sessionId, joined.opening], [second.sessionId, 'taken']);
    assert.equal(joined.reports[0]?.energyWh, 1_000n);
  });

  it('says in which language to speak to the driver, by home and from the kept profile', async () => {
    const { cin, customerId } = await makeCustomer(network.askHome);
    const path = `/operator/v1/customers/${customerId}/language`;
    assert.equal((await network.askHome('operator', 'PUT', path, { language: 'de' })).status, 204);
    for (const by of ['home', 'cache'] as const) assert.equal((await granted(cin, by)).language, 'de');
  });

  it('is answered from the kept profile as often as the exposure allows, and counted as such', async () => {
    const { cin } = await makeCustomer(network.askHome);
    await network.restartRouter({ times: {} });
    assert.equal((await swipe(cin)).outcome, 'authorised');
    for (let round = 0; round < 20; round += 1) {
      const grant = await swipe(cin);
      assert.ok(grant.outcome === 'authorised' && grant.authorisedBy === 'cache', inspect(grant));
      // A small cap leaves room for the next round.
      await consentTo(grant, { estimateMicros: 1_000n, capMicros: 1_000n });
    }
    const metrics = await (await fetch(`${network.router.url}/metrics`)).text();
    const counted = /router_answer_seconds_count\{[^}]*outcome="cache"\} (\d+)/.exec(metrics)?.[1];
    assert.equal(counted, '20');
    await network.restartRouter();
  }).timeout(60_000);

  it('is found again after a restart of the router, and consented to then', async () => {
    const { cin } = await makeCustomer(network.askHome);
    const grant = await swipe(cin);
    assert.ok(grant.outcome === 'authorised');
    await network.restartRouter();
    const session = await consentTo(grant);
    await network.restartRouter();
    assert.equal((await report(session, 1)).body.delivered, true);
  });

  it('gives the first answer when it is repeated, and takes the same consent twice', async () => {
    const { cin } = await makeCustomer(network.askHome);
    const offer = { sessionId: nextSessionId() };
    const first = await swipe(cin, offer);
    assert.ok(first.outcome === 'authorised');
    assert.equal(first.sessionId, offer.sessionId);
    const brought = offers.get(first.sessionId);
    assert.deepEqual(await swipe(cin, offer), first);
    if (brought !== undefined) offers.set(first.sessionId, brought);
    const body = await consentOf(first);
    assert.equal((await bring(body)).status, 204);
    assert.equal((await bring(body)).status, 204);
    assert.equal((await bring(await consentOf(first))).body.code, 'CONSENT_CONFLICT');
  });

  it('with a number of another pair is refused before anybody is asked', async () => {
    const { cin } = await makeCustomer(network.askHome);
    for (const sessionId of [nextSessionId('USTVA'), nextSessionId(VISITED, 'USTVA')]) {
      await assert.rejects(swipe(cin, { sessionId }), /OFFER_INVALID/);
    }
  });

  it('without consent in time is refused as expired', async () => {
    const { cin } = await makeCustomer(network.askHome);
    const grant = await swipe(cin, { validUntilMs: Date.now() + 2_500 });
    assert.ok(grant.outcome === 'authorised', inspect(grant));
    await sleep(2_600);
    const late = await bring(await consentOf(grant));
    assert.deepEqual([late.body.code, late.body.detail.split(':')[0]], ['OPENING_REFUSED', 'EXPIRED']);
  });

  it('is not consented to with a quote of somebody else, or an opening of something else', async () => {
    const { cin } = await makeCustomer(network.askHome);
    const grant = await granted(cin, 'home');
    const right = await consentOf(grant);
    const forged = await makeConsent(
      { ...network.keys, visited: makeKey('duk-1') },
      makeQuote(grant.grant, offers.get(grant.sessionId) ?? makeOffer()),
      { evidence: grant.evidence, cinRef: grant.grant.cinRef, offer: makeOffer() },
    );
    const other = await consentOf(grant, { plannedMs: 1 });
    const rows: readonly (readonly [HomeConsent, string])[] = [
      [forged, 'QUOTE_INVALID'],
      [{ ...right, quoteHash: '0'.repeat(64) }, 'QUOTE_INVALID'],
      [{ ...right, openBody: '{}' }, 'OPENING_INVALID'],
      [{ ...right, openBody: other.openBody }, 'OPENING_INVALID'],
      [await consentOf(grant, {}, { open: { evidence: 'a.b.c' } }), 'OPENING_INVALID'],
      [await consentOf(grant, {}, { open: { authorisedBy: 'cache' } }), 'OPENING_INVALID'],
    ];
    for (const [row, [body, code]] of rows.entries()) {
      assert.equal((await bring(body)).body.code, code, `row ${row}`);
    }
    assert.equal((await bring(right)).status, 204);
  });

  for (const by of ['home', 'cache'] as const) {
    /** A grant by home, or by the profile that it left on the swipe before. */
    const grantBy = async (): Promise<RouteGrant> => {
      const { cin } = await makeCustomer(network.askHome);
      const first = await granted(cin, 'home');
      return by === 'home' ? first : granted(cin, 'cache');
    };

    it(`authorised by ${by}, is refused before energy flows when home says no, each time alike`, async () => {
      const grant = await grantBy();
      const bad = await consentOf(grant, {}, { stationId: 'another-station' });
      for (let time = 0; time < 2; time += 1) {
        const { status, body } = await bring(bad);
        assert.deepEqual([status, body.code], [422, 'OPENING_REFUSED']);
        assert.match(body.detail, /^BAD_SIGNATURE: /);
      }
      const asked = network.homeRegistry.judged.length;
      assert.equal((await bring(bad)).status, 422);
      assert.equal(network.homeRegistry.judged.length, asked, 'the no is kept');
      assert.equal((await report(grant.sessionId, 1)).body.command, 'stop');
    });

    it(`authorised by ${by}, is told on while home is silent, and a late yes changes nothing`, async () => {
      const grant = await grantBy();
      const body = await consentOf(grant);
      network.homeRegistry.faults.judgeAfterMs = 3_000;
      await network.restartRouter({ times: IMPATIENT });
      try {
        const silent = await bring(body);
        assert.ok(['HOME_TIMEOUT', 'HOME_UNREACHABLE'].includes(silent.body.code), silent.body.code);
      } finally {
        network.homeRegistry.faults.judgeAfterMs = 0;
        await network.restartRouter();
      }
      assert.equal((await report(grant.sessionId, 1)).body.command, 'continue');
      await until(async () => (await read(grant.sessionId)).opening === 'taken', 'home is not told on');
      await until(
        async () => (await read(grant.sessionId)).reports.every(({ delivered }) => delivered),
        'the report waits for ever',
      );
      assert.equal((await bring(body)).status, 204);
      assert.equal((await report(grant.sessionId, 2)).body.command, 'continue');
    }).timeout(30_000);

    it(`authorised by ${by}, is stopped at its next report when home’s no comes late`, async () => {
      const grant = await grantBy();
      const bad = await consentOf(grant, {}, { stationId: 'another-station' });
      network.homeRegistry.faults.judgeAfterMs = 5_000;
      try {
        assert.ok((await bring(bad)).status >= 500);
      } finally {
        network.homeRegistry.faults.judgeAfterMs = 0;
      }
      assert.equal((await report(grant.sessionId, 1)).body.command, 'continue');
      await until(async () => (await read(grant.sessionId)).opening === 'refused', 'home is not told on');
      assert.equal((await report(grant.sessionId, 2)).body.command, 'stop');
      assert.equal((await bring(bad)).body.code, 'OPENING_REFUSED');
    }).timeout(30_000);

    it(`authorised by ${by}, leaves nothing behind when home is silent and the agreement lets nothing charge then`, async () => {
      const grant = await grantBy();
      const entry = network.registry.issuers.get(HOME);
      assert.ok(entry?.terms);
      network.registry.issuers.set(HOME, { ...entry, terms: { ...entry.terms, homeSilent: 'refuse' } });
      await sleep(60);
      try {
        const body = await consentOf(grant);
        network.homeRegistry.faults.judgeAfterMs = 2_000;
        await network.restartRouter({ times: IMPATIENT });
        assert.ok((await bring(body)).status >= 500);
        network.homeRegistry.faults.judgeAfterMs = 0;
        await network.restartRouter();
        const left = await read(grant.sessionId);
        assert.deepEqual([left.state, left.opening], ['authorised', undefined]);
        const asked = network.homeRegistry.judged.length;
        await sleep(1_500);
        assert.equal(network.homeRegistry.judged.length, asked, 'home is not told of what does not charge');
        // Brought again, it is judged again.
        assert.equal((await bring(body)).status, 204);
      } finally {
        network.homeRegistry.faults.judgeAfterMs = 0;
        network.registry.issuers.set(HOME, entry);
        await sleep(60);
      }
    }).timeout(30_000);
  }

  it('of a revoked customer is refused soon after home revoked it, and its running session is stopped', async () => {
    const { cin } = await makeCustomer(network.askHome);
    await swipe(cin);
    const grant = await swipe(cin);
    assert.ok(grant.outcome === 'authorised' && grant.authorisedBy === 'cache');
    const session = await consentTo(grant, { estimateMicros: 1_000_000n, capMicros: 2_000_000n });
    assert.equal((await report(session, 1)).body.command, 'continue');
    const blocked = await network.askHome('operator', 'POST', '/operator/v1/cins/state', {
      cin,
      state: 'lost',
    });
    assert.equal(blocked.status, 204);
    let answer = await swipe(cin);
    while (answer.outcome === 'authorised') {
      await sleep(50);
      answer = await swipe(cin);
    }
    assert.equal(answer.code, 'CUSTOMER_BLOCKED');
    // The session learns of it by a way of its own, not at the same instant.
    let sequence = 2;
    while ((await report(session, sequence)).body.command !== 'stop') {
      await sleep(50);
      sequence += 1;
    }
  }).timeout(30_000);

  it('is told home of its energy even when home was away, each report once', async () => {
    const { cin } = await makeCustomer(network.askHome);
    const grant = await swipe(cin);
    assert.ok(grant.outcome === 'authorised' && grant.authorisedBy === 'home');
    const session = await consentTo(grant);
    assert.equal((await report(session, 1)).body.delivered, true);
    await network.restartRouter({ times: IMPATIENT });
    network.home.freeze();
    try {
      const kept = await report(session, 2);
      assert.deepEqual(kept.body, { sequence: 2, command: 'continue', delivered: false });
    } finally {
      network.home.thaw();
      await network.restartRouter();
    }
    const reports = async () => (await read(grant.sessionId)).reports;
    await until(async () => (await reports()).every(({ delivered }) => delivered), 'a report was lost');
    assert.deepEqual(
      (await reports()).map(({ sequence, delivered }) => [sequence, delivered]),
      [
        [1, true],
        [2, true],
      ],
    );
    assert.equal((await report(session, 2)).body.delivered, true);
    assert.equal((await report(session, 2, '7')).body.code, 'REPORT_CONFLICT');
  }).timeout(30_000);

  it('may use the kept profile while home is silent, when home said so', async () => {
    const { cin } = await makeCustomer(network.askHome, { whitelist: 'ALLOWED_OFFLINE' });
    const first = await swipe(cin);
    const second = await swipe(cin);
    assert.deepEqual(
      [first, second].map((answer) => answer.outcome === 'authorised' && answer.authorisedBy),
      ['home', 'home'],
    );
    await network.restartRouter({ times: IMPATIENT });
    network.home.freeze();
    try {
      const offline = await swipe(cin);
      assert.ok(offline.outcome === 'authorised' && offline.authorisedBy === 'cache', inspect(offline));
    } finally {
      network.home.thaw();
      await network.restartRouter();
    }
  });

  it('is never answered from a profile when home keeps its customers to itself', async () => {
    const { cin } = await makeCustomer(network.askHome, { whitelist: 'NEVER' });
    for (let round = 0; round < 2; round += 1) {
      const answer = await swipe(cin);
      assert.ok(answer.outcome === 'authorised' && answer.authorisedBy === 'home');
    }
  });
});
