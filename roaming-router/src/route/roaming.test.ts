import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { occurrence, routeReportAnswer, type Quote, type RouteGrant } from '@roamgrid/wire';
import { makeConsent, makeCustomer, makeOffer, makeQuote } from '@roamgrid/service-kit/testing';
import { startNetwork, type Network } from '../testing/network.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a swipe through the router', () => {
  let network: Network;
  before(async function () {
    this.timeout(60_000);
    network = await startNetwork();
  });
  after(() => network.close());

  /** Consents to a grant; answers the session. */
  const consentTo = async (grant: RouteGrant, changes: Partial<Quote> = {}): Promise<string> => {
    const { adjustmentPpm } = grant.grant;
    const quote = makeQuote({ requestId: grant.requestId, adjustmentPpm }, makeOffer(), changes);
    const body = await makeConsent(network.keys, quote);
    const answer = await network.ask('POST', `/router/v1/authorisations/${grant.requestId}/consent`, body);
    assert.equal(answer.status, 204, JSON.stringify(answer.body));
    return quote.sessionId;
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
    const first = await network.swipe(cin);
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

    const second = await network.swipe(cin);
    assert.ok(second.outcome === 'authorised');
    assert.equal(second.authorisedBy, 'cache');
    const local = await consentTo(second);
    assert.equal(routeReportAnswer.parse((await report(local, 1)).body).command, 'continue');
    const { body } = await network.ask('GET', `/router/v1/occurrences/${second.requestId}`);
    const joined = occurrence.parse(body);
    assert.equal(joined.sessionId, local);
    assert.equal(joined.reports[0]?.energyWh, 1_000n);
  });

  it('is answered from the kept profile as often as the exposure allows, and counted as such', async () => {
    const { cin } = await makeCustomer(network.askHome);
    await network.restartRouter({ times: {} });
    assert.equal((await network.swipe(cin)).outcome, 'authorised');
    for (let round = 0; round < 40; round += 1) {
      const grant = await network.swipe(cin);
      assert.ok(grant.outcome === 'authorised' && grant.authorisedBy === 'cache', inspect(grant));
      // A small cap leaves the exposure free for the next round.
      await consentTo(grant, { estimateMicros: 1_000n, capMicros: 1_000n });
    }
    const metrics = await (await fetch(`${network.router.url}/metrics`)).text();
    const counted = /router_answer_seconds_count\{[^}]*outcome="cache"\} (\d+)/.exec(metrics)?.[1];
    assert.equal(counted, '40');
    await network.restartRouter();
  });

  it('is found again after a restart of the router, and consented to then', async () => {
    const { cin } = await makeCustomer(network.askHome);
    const grant = await network.swipe(cin);
    assert.ok(grant.outcome === 'authorised');
    await network.restartRouter();
    const session = await consentTo(grant);
    await network.restartRouter();
    assert.equal((await report(session, 1)).body.delivered, true);
  });

  it('gives the first answer when it is repeated, and takes the same consent twice', async () => {
    const { cin } = await makeCustomer(network.askHome);
    const offer = { requestId: 'swipe-repeated' };
    const first = await network.swipe(cin, offer);
    assert.ok(first.outcome === 'authorised');
    assert.deepEqual(await network.swipe(cin, offer), first);
    const { adjustmentPpm } = first.grant;
    const quote = makeQuote({ requestId: first.requestId, adjustmentPpm }, makeOffer());
    const body = await makeConsent(network.keys, quote);
    const path = `/router/v1/authorisations/${first.requestId}/consent`;
    assert.equal((await network.ask('POST', path, body)).status, 204);
    assert.equal((await network.ask('POST', path, body)).status, 204);
    const other = await makeConsent(
      network.keys,
      makeQuote({ requestId: first.requestId, adjustmentPpm }, makeOffer()),
    );
    const refused = await network.ask('POST', path, other);
    assert.equal(refused.body.code, 'CONSENT_CONFLICT');
  });

  it('without consent in time is refused as expired', async () => {
    const { cin } = await makeCustomer(network.askHome);
    const grant = await network.swipe(cin, { validUntilMs: Date.now() + 700 });
    assert.ok(grant.outcome === 'authorised', inspect(grant));
    await sleep(800);
    const { adjustmentPpm } = grant.grant;
    const body = await makeConsent(
      network.keys,
      makeQuote({ requestId: grant.requestId, adjustmentPpm }, makeOffer()),
    );
    const answer = await network.ask('POST', `/router/v1/authorisations/${grant.requestId}/consent`, body);
    assert.equal(answer.body.code, 'CONSENT_EXPIRED');
  });

  it('of a revoked customer is refused soon after home revoked it, and its running session is stopped', async () => {
    const { cin } = await makeCustomer(network.askHome);
    await network.swipe(cin);
    const grant = await network.swipe(cin);
    assert.ok(grant.outcome === 'authorised' && grant.authorisedBy === 'cache');
    const session = await consentTo(grant, { estimateMicros: 1_000_000n, capMicros: 2_000_000n });
    assert.equal((await report(session, 1)).body.command, 'continue');
    const blocked = await network.askHome('operator', 'POST', '/operator/v1/cins/state', {
      cin,
      state: 'lost',
    });
    assert.equal(blocked.status, 204);
    const revokedBy = Date.now() + 3_000;
    let answer = await network.swipe(cin);
    while (answer.outcome === 'authorised' && Date.now() < revokedBy) {
      await sleep(50);
      answer = await network.swipe(cin);
    }
    assert.ok(answer.outcome === 'refused' && answer.code === 'CUSTOMER_BLOCKED', inspect(answer));
    // The session learns of it by a way of its own, so within the same time, not at the same instant.
    const stoppedBy = Date.now() + 3_000;
    let sequence = 2;
    let told = await report(session, sequence);
    while (told.body.command !== 'stop' && Date.now() < stoppedBy) {
      await sleep(50);
      sequence += 1;
      told = await report(session, sequence);
    }
    assert.equal(told.body.command, 'stop');
  });

  it('is told home of its energy even when home was away, each report once', async () => {
    const { cin } = await makeCustomer(network.askHome);
    const grant = await network.swipe(cin);
    assert.ok(grant.outcome === 'authorised' && grant.authorisedBy === 'home');
    const session = await consentTo(grant);
    assert.equal((await report(session, 1)).body.delivered, true);
    network.home.freeze();
    try {
      const kept = await report(session, 2);
      assert.deepEqual(kept.body, { sequence: 2, command: 'continue', delivered: false });
    } finally {
      network.home.thaw();
    }
    const until = Date.now() + 8_000;
    const reports = async () =>
      occurrence.parse((await network.ask('GET', `/router/v1/occurrences/${grant.requestId}`)).body).reports;
    while (!(await reports()).every(({ delivered }) => delivered) && Date.now() < until) await sleep(100);
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
    const first = await network.swipe(cin);
    const second = await network.swipe(cin);
    assert.deepEqual(
      [first, second].map((answer) => answer.outcome === 'authorised' && answer.authorisedBy),
      ['home', 'home'],
    );
    network.home.freeze();
    try {
      const offline = await network.swipe(cin);
      assert.ok(offline.outcome === 'authorised' && offline.authorisedBy === 'cache', inspect(offline));
    } finally {
      network.home.thaw();
    }
  });

  it('is never answered from a profile when home keeps its customers to itself', async () => {
    const { cin } = await makeCustomer(network.askHome, { whitelist: 'NEVER' });
    for (let swipe = 0; swipe < 2; swipe += 1) {
      const answer = await network.swipe(cin);
      assert.ok(answer.outcome === 'authorised' && answer.authorisedBy === 'home');
    }
  });
});
