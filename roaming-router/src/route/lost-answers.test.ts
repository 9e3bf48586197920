import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { ChargeOffer, RouteAnswer, RouteGrant } from '@roamgrid/wire';
import { makeConsent, makeCustomer, makeOffer, makeQuote } from '@roamgrid/service-kit/testing';
import { startNetwork, type Network } from '../testing/network.ts';

/** Home hears every request here, and the connection ends before its answer comes. */
describe('an answer of home that is lost on its way', () => {
  let network: Network;
  before(async function () {
    this.timeout(60_000);
    network = await startNetwork({
      times: { homeBudget: 20_000, openingBudget: 20_000, reportBudget: 20_000 },
    });
  });
  after(() => network.close());

  const swipe = async (
    cin: string,
  ): Promise<{ readonly answer: RouteAnswer; readonly offer: ChargeOffer }> => {
    const offer = makeOffer();
    return { answer: await network.swipe(cin, offer), offer };
  };
  const cinOf = async (changes: Record<string, unknown> = {}) =>
    (await makeCustomer(network.askHome, { whitelist: 'NEVER', ...changes })).cin;
  const granted = async (cin: string) => {
    const { answer, offer } = await swipe(cin);
    assert.ok(answer.outcome === 'authorised' && answer.authorisedBy === 'home', inspect(answer));
    return { grant: answer, offer };
  };
  const bring = async ({ grant, offer }: { grant: RouteGrant; offer: ChargeOffer }) => {
    const by = { evidence: grant.evidence, cinRef: grant.grant.cinRef, offer };
    const body = await makeConsent(network.keys, makeQuote(grant.grant, offer), by);
    return network.ask('POST', `/router/v1/authorisations/${grant.sessionId}/consent`, body);
  };
  const report = async (sessionId: string, sequence: number) =>
    (
      await network.ask('POST', `/router/v1/sessions/${sessionId}/reports`, {
        sequence,
        atMs: 1_800_000_000_000,
        energyWh: (sequence * 1_000).toString(),
        powerW: '11000',
        runningMicros: '1000000',
      })
    ).body;
  /** Runs `work` with so many answers lost, and sees that they were. */
  const losing = async <T>(firstLine: RegExp, work: () => Promise<T>, times = 1): Promise<T> => {
    const before = network.relay.cuts();
    network.relay.cutAnswers(firstLine, times);
    const result = await work();
    assert.equal(network.relay.cuts(), before + times, 'nothing was lost');
    return result;
  };

  for (const [what, firstLine] of [
    ['of the swipe', /^POST \/oidc\/backchannel /],
    ['with the decision', /^GET \/roaming\/v1\/authorisations\//],
  ] as const) {
    it(`${what}, puts nothing aside twice and keeps no driver from charging`, async () => {
      // Enough for one session alone.
      const account = { paymentMethod: 'postpaid', currency: 'USD', creditLimitMicros: '16000000' };
      const cin = await cinOf({ account });
      const swiped = await losing(firstLine, () => granted(cin));
      assert.equal((await bring(swiped)).status, 204);
    });
  }

  it('to the consent, is asked for again and is the same yes', async () => {
    const swiped = await granted(await cinOf());
    assert.equal(
      (await losing(/^POST \/roaming\/v1\/authorisations\/[^/]+\/consent /, () => bring(swiped))).status,
      204,
    );
    assert.equal((await report(swiped.grant.sessionId, 1)).delivered, true);
  });

  it('with the charging token, costs the session nothing: home counts its energy and can still stop it', async () => {
    const cin = await cinOf();
    const swiped = await granted(cin);
    assert.equal((await losing(/^POST \/oidc\/token /, () => bring(swiped))).status, 204);
    const { sessionId } = swiped.grant;
    const first = await report(sessionId, 1);
    assert.deepEqual([first.delivered, first.command], [true, 'continue']);
    await network.askHome('operator', 'POST', '/operator/v1/cins/state', { cin, state: 'lost' });
    assert.equal((await report(sessionId, 2)).command, 'stop');
  });

  it('with the token twice, and then a restart of the router: the next report asks for it', async () => {
    const swiped = await granted(await cinOf());
    assert.equal((await losing(/^POST \/oidc\/token /, () => bring(swiped), 2)).status, 204);
    await network.restartRouter();
    assert.equal((await report(swiped.grant.sessionId, 1)).delivered, true);
  });

  it('to a report, counts the report once', async () => {
    const swiped = await granted(await cinOf());
    assert.equal((await bring(swiped)).status, 204);
    const { sessionId } = swiped.grant;
    const path = /^POST \/roaming\/v1\/sessions\/[^/]+\/reports /;
    assert.equal((await losing(path, () => report(sessionId, 1))).delivered, true);
    assert.equal((await report(sessionId, 2)).delivered, true);
  });

  it('to a record that is taken back, is no answer: it is said again until home has read the record', async () => {
    const say = async (sessionId: string) => {
      const path = `/router/v1/sessions/${sessionId}/take-back`;
      const { status, body } = await network.ask('POST', path, { statement: 'Our meter was wrong.' });
      return [status, body.code];
    };
    const { grant } = await granted(await cinOf());
    const path = /^POST \/roaming\/v1\/sessions\/[^/]+\/take-back /;
    const [lost] = await losing(path, () => say(grant.sessionId));
    assert.ok(lost === 503 || lost === 504, String(lost));
    assert.deepEqual(await say(grant.sessionId), [503, 'HOME_NOT_YET']);
    assert.deepEqual(await say('USALP-USDUK-g0-1'), [409, 'TAKE_BACK_REFUSED']);
    assert.equal((await say('USDUK-USXXX-g0-1'))[1], 'ISSUER_EXPIRED');
  });
});
