import assert from 'node:assert/strict';
import { CARD, MINUTE_MS, type Rig } from './testing/rig.ts';
import { mWh, authorize, messageOf, tell, stops, rig, tellAt } from './testing/the-rig.ts';

describe('a transaction of a station as a session', () => {
  beforeEach(() => rig.clear());

  it('is billed for what its register moved by, at the price that was shown', async () => {
    const offered = await authorize();
    assert.equal(offered.status, 'accepted');
    assert.match(offered.texts[0]?.text ?? '', /0\.30 USD\/kWh.*höchstens 4\.00 USD/);
    assert.deepEqual(
      offered.texts.map(({ language }) => language),
      ['de', 'en'],
    );
    rig.pass(10_000);
    assert.equal((await tell('began', 5_000_000)).status, 'accepted');
    rig.pass(MINUTE_MS);
    await tell('moved', 5_000_100);
    rig.pass(MINUTE_MS);
    const ended = await tell('ended', 5_000_250);
    assert.equal(ended.totalCostMicros, 75_000n);
    assert.deepEqual(rig.billed(), [{ milliWh: mWh(250), reason: 'driver' }]);
    assert.deepEqual(await rig.unbilled(), {});
  });

  describe('without consent', () => {
    const begin = async (stationId: string, evse: number) => {
      const offered = await rig.desk.authorize(stationId, { token: CARD, atMs: rig.time.nowMs });
      rig.pass(1_000);
      const began = messageOf('began', 100, { outlet: { evse } });
      return { offered: offered.status, began: await rig.desk.transaction(stationId, began) };
    };

    it('is not begun where nobody would see the price and no device could agree', async () => {
      const { offered, began } = await begin('bare', 3);
      assert.deepEqual([offered, began.status], ['not-allowed-here', 'not-allowed-here']);
      await rig.round();
      assert.deepEqual(rig.told, ['stop bare tx1']);
      assert.equal(rig.gateway.sessions.size, 0);
    });

    it('waits for the driver’s own device, and begins with what flows once that has agreed', async () => {
      rig.gateway.moods.driverConsent = 'possible';
      const { offered, began } = await begin('bare', 3);
      assert.deepEqual([offered, began.status], ['accepted', 'accepted']);
      rig.pass(20_000);
      await rig.round();
      assert.equal(rig.gateway.sessions.size, 0);
      rig.gateway.moods.isDeviceGiven = true;
      rig.pass(10_000);
      await tellAt('bare', 'moved', 180, { outlet: { evse: 3 } });
      rig.pass(MINUTE_MS);
      await tellAt('bare', 'ended', 250, { outlet: { evse: 3 } });
      assert.deepEqual(rig.billed(), [{ milliWh: mWh(70), reason: 'driver' }]);
      assert.deepEqual(await rig.unbilled(), { 'before-consent': mWh(80) });
      assert.equal(consentOf(rig).method, 'app');
    });

    it('is not stopped any more for want of a name, once somebody is named for it', async () => {
      rig.gateway.moods.driverConsent = 'possible';
      const outlet = { evse: 3 };
      const { token: _none, ...plugged } = messageOf('began', 100, { outlet });
      await rig.desk.transaction('bare', plugged);
      rig.pass(MINUTE_MS);
      await tellAt('bare', 'moved', 250, { outlet });
      rig.pass(5_000);
      await tellAt('bare', 'moved', 250, { outlet, token: CARD });
      rig.pass(11_000);
      await rig.round();
      assert.deepEqual(stops(), []);
    });

    it('waits no longer than is bounded: then it is stopped, and nothing is billed', async () => {
      rig.gateway.moods.driverConsent = 'required';
      await begin('st1', 1);
      assert.match(rig.told.join(), /show st1 Stimmen Sie erst auf Ihrem eigenen Gerät zu/);
      rig.pass(61_000);
      await rig.round();
      await rig.round();
      assert.match(rig.told.at(-1) ?? '', /stop st1 tx1/);
      rig.pass(1_000);
      await tell('ended', 200);
      assert.equal(rig.gateway.sessions.size, 0);
      assert.deepEqual(await rig.unbilled(), { 'no-consent': mWh(100) });
    });

    it('is stopped at another outlet where the price is another one', async () => {
      await rig.desk.authorize('pair', { token: CARD, atMs: rig.time.nowMs });
      rig.gateway.moods.tariffVersion = 2;
      rig.pass(1_000);
      const began = messageOf('began', 100, { outlet: { evse: 5 } });
      assert.equal((await rig.desk.transaction('pair', began)).status, 'not-allowed-here');
      assert.equal(rig.gateway.sessions.size, 0);
    });
  });

  it('charges at another outlet of the station at the price that was shown', async () => {
    await rig.desk.authorize('pair', { token: CARD, atMs: rig.time.nowMs });
    rig.pass(1_000);
    const outlet = { evse: 5 };
    await tellAt('pair', 'began', 100, { outlet });
    rig.pass(MINUTE_MS);
    await tellAt('pair', 'ended', 200, { outlet });
    assert.deepEqual(rig.billed(), [{ milliWh: mWh(100), reason: 'driver' }]);
    assert.equal(consentOf(rig).method, 'display');
  });

  it('is offered for the outlet where a car was plugged in', async () => {
    const occupied = { outlet: { evse: 5 }, atMs: rig.time.nowMs, state: 'occupied' } as const;
    await rig.desk.statusChanged('pair', occupied);
    await rig.desk.authorize('pair', { token: CARD, atMs: rig.time.nowMs });
    const [asked] = rig.gateway.received;
    assert.equal(asked?.body['evseId'], 'US*DUK*E5*1');
    await rig.desk.statusChanged('pair', { ...occupied, state: 'available' });
  });

  it('gets one offer for one token as long as that is open, and another one afterwards', async () => {
    await authorize();
    await authorize();
    assert.equal(rig.gateway.received.length, 1);
    rig.pass(5 * MINUTE_MS);
    await authorize();
    assert.equal(rig.gateway.received.length, 2);
  });

  it('gets the same offer when the answer to the first question was lost', async () => {
    rig.gateway.moods.losesAnswers = /swipes/;
    assert.equal((await authorize()).status, 'try-later');
    delete rig.gateway.moods.losesAnswers;
    assert.equal((await authorize()).status, 'accepted');
    const swipes = rig.gateway.received.map(({ body }) => body['swipeId']);
    assert.equal(new Set(swipes).size, 1);
  });

  it('that an app starts is consented to there', async () => {
    const outlet = { evse: 3 };
    const offer = await rig.remoteStarts.offer('bare', { outlet, token: CARD });
    assert.ok(offer.outcome === 'offer');
    assert.equal(await rig.remoteStarts.start(offer.remoteStart, 'cd'.repeat(32)), 'rejected');
    assert.equal(await rig.remoteStarts.start(offer.remoteStart, offer.quoteHash), 'accepted');
    assert.deepEqual(rig.told, [`start bare ${offer.remoteStart}`]);
    rig.pass(1_000);
    const { remoteStart } = offer;
    await tellAt('bare', 'began', 100, { outlet, remoteStart });
    rig.pass(MINUTE_MS);
    await tellAt('bare', 'ended', 150, { outlet });
    assert.deepEqual(rig.billed(), [{ milliWh: mWh(50), reason: 'driver' }]);
    assert.equal(consentOf(rig).method, 'app');
    assert.equal(await rig.remoteStarts.start(offer.remoteStart, offer.quoteHash), 'rejected');
  });

  describe('at its limit', () => {
    const charge = async (untilWh: number, stepWh: number) => {
      await authorize();
      rig.pass(1_000);
      await tell('began', 0);
      for (let wh = stepWh; wh <= untilWh; wh += stepWh) {
        rig.pass(MINUTE_MS);
        await tell('moved', wh);
        await rig.round();
      }
    };

    it('is stopped at the reading that is nearest to the agreed energy; what a station gives beyond is not billed', async () => {
      await charge(10_950, 150);
      assert.equal(stops().length > 1, true, 'it is told again');
      rig.pass(MINUTE_MS);
      await tell('ended', 11_100, { endReason: 'operator' });
      assert.deepEqual(rig.billed(), [{ milliWh: mWh(10_000), reason: 'limit' }]);
      assert.deepEqual(await rig.unbilled(), { 'over-limit': mWh(1_100) });
      assert.match(rig.logged.join(''), /a station does not stop/);
    });

    it('that the gateway states is stopped, and only what flows as before until then is billed', async () => {
      rig.gateway.moods.stopsAtMilliWh = mWh(300);
      await charge(1_500, 150);
      await tell('ended', 1_500, { endReason: 'operator' });
      const [session] = rig.billed();
      assert.deepEqual(session, { milliWh: mWh(600), reason: 'limit' });
      assert.deepEqual(await rig.unbilled(), { 'over-limit': mWh(900) });
    });
  });

  it('shows what it costs so far', async () => {
    await authorize();
    await tell('began', 0);
    rig.pass(MINUTE_MS);
    const moved = await tell('moved', 100);
    assert.equal(moved.totalCostMicros, 30_000n);
    assert.deepEqual(rig.told, ['cost st1 tx1 30000']);
  });
});

/** The consent that the last session was started on. */
const consentOf = ({ gateway }: Rig): { readonly method: string } => {
  const consent = [...gateway.sessions.values()].at(-1)?.consent ?? '';
  return JSON.parse(Buffer.from(consent.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
    method: string;
  };
};
