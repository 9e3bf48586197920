import assert from 'node:assert/strict';
import { signOcmf } from '@roamgrid/wire';
import { CARD, meterKey, MINUTE_MS, openRig, operatorKey, report, type Rig } from './testing/rig.ts';

const WH = 1_000n;

describe('a transaction of a station as a session', function () {
  this.timeout(60_000);
  let rig: Rig;
  before(async () => {
    rig = await openRig();
  });
  beforeEach(() => rig.clear());
  after(() => rig.close());

  const authorize = () => rig.desk.authorize('st1', { token: CARD, atMs: rig.time.nowMs });
  const tell = (...args: [Parameters<typeof report>[1], bigint | undefined, Parameters<typeof report>[3]?]) =>
    rig.desk.transaction('st1', report(rig, ...args));

  it('is billed for what its register moved by, at the price that was shown', async () => {
    const offered = await authorize();
    assert.equal(offered.status, 'accepted');
    assert.match(offered.texts[0]?.text ?? '', /0\.30 USD\/kWh.*höchstens 4\.00 USD/);
    assert.deepEqual(
      offered.texts.map(({ language }) => language),
      ['de', 'en'],
    );
    rig.pass(10_000);
    assert.equal((await tell('began', 5_000_000n * WH)).status, 'accepted');
    rig.pass(MINUTE_MS);
    await tell('moved', 5_000_100n * WH);
    rig.pass(MINUTE_MS);
    const ended = await tell('ended', 5_000_250n * WH);
    assert.equal(ended.totalCostMicros, 75_000n);
    assert.deepEqual(rig.billed(), [{ milliWh: 250n * WH, reason: 'driver' }]);
    assert.deepEqual(await rig.unbilled(), {});
  });

  describe('without consent', () => {
    const begin = async (stationId: string, evse: number) => {
      const offered = await rig.desk.authorize(stationId, { token: CARD, atMs: rig.time.nowMs });
      rig.pass(1_000);
      const began = report(rig, 'began', 100n * WH, { outlet: { evse } });
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
      await rig.desk.transaction('bare', report(rig, 'moved', 180n * WH, { outlet: { evse: 3 } }));
      rig.pass(MINUTE_MS);
      await rig.desk.transaction('bare', report(rig, 'ended', 250n * WH, { outlet: { evse: 3 } }));
      assert.deepEqual(rig.billed(), [{ milliWh: 70n * WH, reason: 'driver' }]);
      assert.deepEqual(await rig.unbilled(), { 'before-consent': 80n * WH });
      assert.equal(consentOf(rig).method, 'app');
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
      await tell('ended', 200n * WH);
      assert.equal(rig.gateway.sessions.size, 0);
      assert.deepEqual(await rig.unbilled(), { 'no-consent': 100n * WH });
    });

    it('is stopped at another outlet where the price is another one', async () => {
      await rig.desk.authorize('pair', { token: CARD, atMs: rig.time.nowMs });
      rig.gateway.moods.tariffVersion = 2;
      rig.pass(1_000);
      const began = report(rig, 'began', 100n * WH, { outlet: { evse: 5 } });
      assert.equal((await rig.desk.transaction('pair', began)).status, 'not-allowed-here');
      assert.equal(rig.gateway.sessions.size, 0);
    });
  });

  it('charges at another outlet of the station at the price that was shown', async () => {
    await rig.desk.authorize('pair', { token: CARD, atMs: rig.time.nowMs });
    rig.pass(1_000);
    const outlet = { evse: 5 };
    await rig.desk.transaction('pair', report(rig, 'began', 100n * WH, { outlet }));
    rig.pass(MINUTE_MS);
    await rig.desk.transaction('pair', report(rig, 'ended', 200n * WH, { outlet }));
    assert.deepEqual(rig.billed(), [{ milliWh: 100n * WH, reason: 'driver' }]);
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
    await rig.desk.transaction('bare', report(rig, 'began', 100n * WH, { outlet, remoteStart }));
    rig.pass(MINUTE_MS);
    await rig.desk.transaction('bare', report(rig, 'ended', 150n * WH, { outlet }));
    assert.deepEqual(rig.billed(), [{ milliWh: 50n * WH, reason: 'driver' }]);
    assert.equal(consentOf(rig).method, 'app');
    assert.equal(await rig.remoteStarts.start(offer.remoteStart, offer.quoteHash), 'rejected');
  });

  describe('at its limit', () => {
    const charge = async (untilWh: bigint, stepWh: bigint) => {
      await authorize();
      rig.pass(1_000);
      await tell('began', 0n);
      for (let wh = stepWh; wh <= untilWh; wh += stepWh) {
        rig.pass(MINUTE_MS);
        await tell('moved', wh * WH);
        await rig.round();
      }
    };

    it('is stopped at the reading that is nearest to the agreed energy; what a station gives beyond is not billed', async () => {
      await charge(10_950n, 150n);
      assert.equal(rig.told.filter((line) => line.startsWith('stop')).length > 1, true, 'it is told again');
      rig.pass(MINUTE_MS);
      await tell('ended', 11_100n * WH, { endReason: 'operator' });
      assert.deepEqual(rig.billed(), [{ milliWh: 10_000n * WH, reason: 'limit' }]);
      assert.deepEqual(await rig.unbilled(), { 'over-limit': 1_100n * WH });
      assert.match(rig.logged.join(''), /a station does not stop/);
    });

    it('that the gateway states is stopped, and only what flows as before until then is billed', async () => {
      rig.gateway.moods.stopsAtMilliWh = 300n * WH;
      await charge(1_500n, 150n);
      await tell('ended', 1_500n * WH, { endReason: 'operator' });
      const [session] = rig.billed();
      assert.deepEqual(session, { milliWh: 600n * WH, reason: 'limit' });
      assert.deepEqual(await rig.unbilled(), { 'over-limit': 900n * WH });
    });
  });

  it('shows what it costs so far', async () => {
    await authorize();
    await tell('began', 0n);
    rig.pass(MINUTE_MS);
    const moved = await tell('moved', 100n * WH);
    assert.equal(moved.totalCostMicros, 30_000n);
    assert.deepEqual(rig.told, ['cost st1 tx1 30000']);
  });

  describe('while the gateway is away', () => {
    it('is not offered', async () => {
      rig.gateway.moods.isAway = true;
      assert.equal((await authorize()).status, 'try-later');
      assert.equal((await tell('began', 0n)).status, 'try-later');
      await rig.round();
      assert.deepEqual(rig.told, ['stop st1 tx1']);
    });

    it('begins when that is back before the offer runs out', async () => {
      await authorize();
      rig.gateway.moods.isAway = true;
      rig.pass(1_000);
      assert.equal((await tell('began', 0n)).status, 'accepted');
      rig.pass(MINUTE_MS);
      await tell('moved', 100n * WH);
      rig.gateway.moods.isAway = false;
      rig.pass(MINUTE_MS);
      await rig.round();
      await tell('ended', 200n * WH);
      assert.deepEqual(rig.billed(), [{ milliWh: 200n * WH, reason: 'driver' }]);
    });

    it('is stopped when the offer runs out, and the session that may have begun is ended without energy', async () => {
      await authorize();
      rig.gateway.moods.losesAnswers = /sessions$/;
      rig.pass(1_000);
      await tell('began', 0n);
      rig.pass(6 * MINUTE_MS);
      await rig.round();
      await rig.round();
      assert.deepEqual(rig.told, ['stop st1 tx1']);
      delete rig.gateway.moods.losesAnswers;
      await tell('ended', 500n * WH);
      assert.deepEqual(rig.billed(), [{ milliWh: 0n, reason: 'fault' }]);
      assert.deepEqual(await rig.unbilled(), { 'gateway-away': 500n * WH });
    });

    it('goes on inside what was agreed, and tells what it gave when that is back', async () => {
      await authorize();
      await tell('began', 0n);
      for (const [wh, isAway] of [
        [100n, true],
        [200n, true],
        [300n, false],
      ] as const) {
        rig.gateway.moods.isAway = isAway;
        rig.pass(MINUTE_MS);
        await tell('moved', wh * WH);
      }
      const reports = rig.gateway.received.filter(({ path }) => path.endsWith('/reports'));
      assert.deepEqual(
        reports.map(({ body }) => body['sequence']),
        [1, 2, 3],
      );
      assert.equal((reports.at(-1)?.body['readings'] as unknown[]).length, 3);
      assert.deepEqual(
        rig.told.filter((line) => line.startsWith('stop')),
        [],
      );
      rig.pass(MINUTE_MS);
      await tell('ended', 400n * WH);
      assert.deepEqual(rig.billed(), [{ milliWh: 400n * WH, reason: 'driver' }]);
    });

    it('ends are told until they are taken, in their order', async () => {
      await authorize();
      await tell('began', 0n);
      rig.pass(MINUTE_MS);
      rig.gateway.moods.isAway = true;
      const { totalCostMicros } = await tell('ended', 100n * WH);
      assert.equal(totalCostMicros, undefined);
      rig.gateway.moods.isAway = false;
      rig.pass(10 * MINUTE_MS);
      await authorize();
      const transaction = { by: 'station', id: 'tx2' } as const;
      await tell('began', 100n * WH, { transaction });
      rig.gateway.moods.refusesStops = 'LEDGER_UNAVAILABLE';
      rig.pass(MINUTE_MS);
      await tell('ended', 200n * WH, { transaction });
      delete rig.gateway.moods.refusesStops;
      rig.pass(10 * MINUTE_MS);
      await rig.round();
      assert.deepEqual(
        rig.billed().map(({ milliWh }) => milliWh),
        [100n * WH, 100n * WH],
      );
      const taken = await rig.store.db
        .selectFrom('session_end')
        .select('state')
        .orderBy('position')
        .execute();
      assert.deepEqual(taken, [{ state: 'taken' }, { state: 'taken' }]);
    });

    it('an end that the gateway gave up is lost, and said so', async () => {
      await authorize();
      await tell('began', 0n);
      rig.pass(MINUTE_MS);
      rig.gateway.moods.refusesStops = 'SESSION_ENDED';
      await tell('ended', 100n * WH);
      assert.deepEqual(await rig.unbilled(), { 'end-refused': 100n * WH });
    });
  });

  it('goes on after a crash at any instant: each step is the same when it is done again', async () => {
    // What is lost is the answer to each kind of request in turn; after each message nothing is left but the database.
    for (const losesAnswers of [/swipes/, /sessions$/, /reports$/, /stop$/]) {
      await rig.clear();
      const step = async (work: () => Promise<unknown>) => {
        rig.gateway.moods.losesAnswers = losesAnswers;
        await work();
        await rig.restart();
        delete rig.gateway.moods.losesAnswers;
        await rig.restart();
        rig.pass(5_000);
        await rig.round();
      };
      await step(authorize);
      await authorize();
      rig.pass(1_000);
      await step(() => tell('began', 0n));
      rig.pass(MINUTE_MS);
      await step(() => tell('moved', 100n * WH));
      rig.pass(MINUTE_MS);
      await step(() => tell('ended', 200n * WH));
      assert.deepEqual(rig.billed(), [{ milliWh: 200n * WH, reason: 'driver' }], `${losesAnswers}`);
    }
  });

  it('leaves no token in the database or in a log, and none to decrypt when it is over', async () => {
    await authorize();
    await tell('began', 0n);
    const dump = async () =>
      JSON.stringify(
        await Promise.all(
          (['offer', 'station_transaction', 'message'] as const).map((table) =>
            rig.store.db.selectFrom(table).selectAll().execute(),
          ),
        ),
        (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
      );
    const kept = await dump();
    await tell('ended', 100n * WH);
    const { token_cipher } = await rig.store.db
      .selectFrom('station_transaction')
      .select('token_cipher')
      .executeTakeFirstOrThrow();
    assert.equal(token_cipher, null);
    for (const text of [kept, await dump(), rig.logged.join('')])
      assert.doesNotMatch(text, /USALP000123456780/);
  });

  describe('at an outlet whose meter signs', () => {
    const payload = (begin: bigint, end: bigint, meterId = 'METER-6') => ({
      gateway: { model: 'g', serial: 'g', version: '1' },
      meter: { vendor: 'v', model: 'm', serial: meterId, firmware: '1' },
      page: 7,
      evseId: 'US*DUK*E6*1',
      readings: [
        { atMs: rig.time.nowMs - MINUTE_MS, sync: 'S', transaction: 'B', registerMilliWh: begin } as const,
        { atMs: rig.time.nowMs, sync: 'S', transaction: 'E', registerMilliWh: end } as const,
      ],
    });
    const chargeSigned = async (sign: () => string) => {
      await rig.desk.authorize('signs', { token: CARD, atMs: rig.time.nowMs });
      rig.pass(1_000);
      const outlet = { evse: 6 };
      await rig.desk.transaction('signs', report(rig, 'began', 5_000n * WH, { outlet }));
      rig.pass(MINUTE_MS);
      const signed = [{ atMs: rig.time.nowMs, text: sign(), encoding: 'OCMF', context: 'end' }] as const;
      await rig.desk.transaction('signs', report(rig, 'ended', 5_100n * WH, { outlet, signed }));
      const [session] = rig.gateway.sessions.values();
      return String(session?.stop?.['signedEnd']);
    };

    it('the meter’s own record is the evidence, as it came', async () => {
      const text = () => signOcmf(payload(5_000_000n, 5_100_000n), meterKey.privateKey);
      let told = '';
      const signedEnd = await chargeSigned(() => (told = text()));
      assert.equal(signedEnd, told);
    });

    const rows = [
      ['of another key', () => signOcmf(payload(5_000_000n, 5_100_000n), operatorKey.privateKey)],
      ['of another meter', () => signOcmf(payload(5_000_000n, 5_100_000n, 'METER-7'), meterKey.privateKey)],
      [
        'of more than its register moved by',
        () => signOcmf(payload(4_000_000n, 5_100_000n), meterKey.privateKey),
      ],
      ['that is none', () => 'OCMF|{}|{}'],
    ] as const;
    for (const [what, sign] of rows) {
      it(`a record ${what} is none: the operator vouches for the register`, async () => {
        assert.match(await chargeSigned(sign), /"MS":"DOOR-6".*"TT":"roamgrid-consent /);
        const [session] = rig.billed();
        assert.equal(session?.milliWh, 100n * WH);
      });
    }

    it('a record that the gateway does not take is followed by the operator’s', async () => {
      rig.gateway.moods.refusesMeter = true;
      const signedEnd = await chargeSigned(() =>
        signOcmf(payload(5_000_000n, 5_100_000n), meterKey.privateKey),
      );
      assert.match(signedEnd, /"MS":"DOOR-6"/);
    });
  });
});

/** The consent that the last session was started on. */
const consentOf = ({ gateway }: Rig): { readonly method: string } => {
  const consent = [...gateway.sessions.values()].at(-1)?.consent ?? '';
  return JSON.parse(Buffer.from(consent.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
    method: string;
  };
};
