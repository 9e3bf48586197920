import assert from 'node:assert/strict';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';
import { ALABAMA, EVSES } from '../testing/consortium.ts';
import { json } from '../testing/router-peer.ts';
import { withRows } from '../testing/rows.ts';
import { ALABAMA_CIN, wireReading } from '../testing/station-peer.ts';

describe('a session at a station', function () {
  this.timeout(60_000);
  let rig: GatewayRig;
  before(async () => {
    rig = await gatewayRig('session');
  });
  after(() => rig.close());

  it('goes from swipe to a bill and a record that both utilities hold', async () => {
    const { swipeId, offer } = await rig.station.offer();
    const { quote } = offer;
    // 1.00 + 10 kWh × 0.25 + 48 min parked × 2.00 = 5.10, less 5 % = 4.845, with 10 % tax 5.3295.
    assert.equal(quote.estimateMicros, 5_329_500n);
    const begin = rig.station.begin(offer);
    const on = (ms: number, milliWh: bigint) => ({
      atMs: begin.atMs + ms,
      registerMilliWh: begin.registerMilliWh + milliWh,
      charging: true,
    });
    const started = await rig.station.post('sessions', await rig.station.startRequest(swipeId, offer, begin));
    assert.equal(started.status, 201, JSON.stringify(started.body));
    const middle = on(60_000, 800_000n);
    const reported = await rig.station.post(`sessions/${quote.sessionId}/reports`, {
      sequence: 1,
      readings: [wireReading(middle)],
      powerW: '48000',
      socPpm: 500_000,
    });
    assert.equal(reported.status, 200, JSON.stringify(reported.body));
    assert.equal(reported.body['command'], 'continue');
    const end = on(120_000, 1_600_000n);
    const stopped = await rig.station.post(
      `sessions/${quote.sessionId}/stop`,
      rig.station.stopRequest(EVSES[0], end),
    );
    assert.equal(stopped.status, 200, JSON.stringify(stopped.body));
    // 1.00 + 1.6 kWh × 0.25 = 1.40, less 5 % = 1.33, with tax 1.463.
    assert.equal(stopped.body['totalMicros'], '1463000');
    for (const gateway of [rig.duke, rig.alabama]) {
      const evidence = await until('the session is closed on the ledger', async () => {
        const { status, body } = await gateway.ask(
          'auditor',
          'GET',
          `/auditor/v1/sessions/${quote.sessionId}`,
        );
        return status === 200 && (body['record'] as { state: string }).state === 'closed' ? body : undefined;
      });
      assert.ok(typeof evidence['settledBody'] === 'string');
      const charges = await until('the state of charge is on the ledger', async () => {
        const { body } = await gateway.ask('auditor', 'GET', `/auditor/v1/soc?sessionId=${quote.sessionId}`);
        const items = body['items'] as { atMs: number; socPpm: number }[];
        return items.length > 1 ? items : undefined;
      });
      assert.deepEqual(
        charges.map(({ atMs, socPpm }) => ({ atMs, socPpm })),
        [
          { atMs: middle.atMs, socPpm: 500_000 },
          { atMs: end.atMs, socPpm: 800_000 },
        ],
      );
    }
  });

  it('begins with a token in a CIN’s place: home says whose it is, and the token goes no further', async () => {
    const serial = '04A22B1C5D6E80';
    const token = { type: 'rfid', value: serial };
    const { cin: _cin, ...request } = rig.station.swipeRequest({ token, evseId: EVSES[1] });
    rig.router.received.length = 0;
    const told = { known: true };
    rig.router.behaviour = ({ path }, response, proper) => {
      if (path !== '/router/v1/tokens/resolve') return proper();
      if (told.known) json(response, 200, { outcome: 'known', cin: ALABAMA_CIN });
      else json(response, 200, { outcome: 'refused', code: 'TOKEN_AMBIGUOUS' });
      return undefined;
    };
    try {
      const { body } = await rig.station.post('swipes', request);
      assert.equal(body['outcome'], 'offer', JSON.stringify(body));
      assert.ok(!JSON.stringify(body).includes(ALABAMA_CIN));
      const [asked, authorised] = rig.router.received;
      assert.deepEqual(asked?.body, { token, homes: [ALABAMA] });
      assert.equal((authorised?.body as { cin: string }).cin, ALABAMA_CIN);
      const rows = await withRows(rig, 'session_duke', (db) =>
        db
          .selectFrom('swipe')
          .select(['swipe_id', 'answer', 'grant_json', 'offer_json', 'request_hash'])
          .execute(),
      );
      assert.ok(rows.length > 0 && !JSON.stringify(rows).includes(serial));
      told.known = false;
      const refused = await rig.station.post('swipes', { ...request, swipeId: 'another-swipe' });
      assert.deepEqual([refused.body['outcome'], refused.body['code']], ['refused', 'TOKEN_AMBIGUOUS']);
      assert.match(String(refused.body['remedy']), /customer number/);
      const { token: _token, ...neither } = request;
      for (const wrong of [neither, { ...rig.station.swipeRequest(), token }])
        assert.equal((await rig.station.post('swipes', wrong)).body['code'], 'INVALID_REQUEST');
    } finally {
      rig.router.behaviour = undefined;
    }
  });
});
