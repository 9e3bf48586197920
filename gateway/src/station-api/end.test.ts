import assert from 'node:assert/strict';
import { makeCin, unwrap, type EndReason } from '@roamgrid/domain';
import { CLOCK_OFFSET_HEADER, GATEWAY_TIME_HEADER, type MeterReading } from '@roamgrid/wire';
import { EVSES } from '../testing/consortium.ts';
import { testNow } from '../testing/clock.ts';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';
import { ALABAMA_CIN } from '../testing/station-peer.ts';
import { withRows } from '../testing/rows.ts';

const REASONS = ['revoked', 'ledger-unavailable', 'limit', 'ground-fault'] as const satisfies EndReason[];

describe('the end that a station brings', function () {
  this.timeout(60_000);
  let rig: GatewayRig;
  before(async () => {
    rig = await gatewayRig('ends', { station: { relayTimeout: 300, openingTimeout: 300 } });
  });
  after(() => rig.close());

  const start = async (evseId: string, over: Record<string, unknown> = {}, cin = ALABAMA_CIN) => {
    const { swipeId, offer } = await rig.station.offer({ evseId, cin });
    const begin = rig.station.begin(offer);
    const request = await rig.station.startRequest(swipeId, offer, begin, over);
    assert.equal((await rig.station.post('sessions', request)).status, 201);
    return { sessionId: offer.quote.sessionId, begin };
  };
  const later = (reading: MeterReading, ms: number, wh: bigint): MeterReading => ({
    atMs: reading.atMs + ms,
    registerMilliWh: reading.registerMilliWh + wh * 1_000n,
    charging: true,
  });
  const stopWith = (sessionId: string, evseId: string, end: MeterReading, over: Record<string, unknown>) =>
    rig.station.post(`sessions/${sessionId}/stop`, { ...rig.station.stopRequest(evseId, end), ...over });
  const recordOf = async (sessionId: string) => {
    const { body } = await rig.duke.ask('auditor', 'GET', `/auditor/v1/sessions/${sessionId}`);
    return body as { record?: { state: string }; cdr?: { endReason: EndReason } };
  };

  it('and cannot be used frees the outlet for the next driver, and is taken once it is mended', async () => {
    const evseId = EVSES[0];
    const first = await start(evseId);
    const end = later(first.begin, 60_000, 500n);
    const good = rig.station.stopRequest(evseId, end);
    const told = (body: Record<string, unknown>) =>
      rig.station.post(`sessions/${first.sessionId}/stop`, body);
    const spoiled = await told({
      ...good,
      signedEnd: String(good['signedEnd']).replace('Roamgrid', 'roamgrid'),
    });
    assert.deepEqual([spoiled.status, spoiled.body['code']], [422, 'METER_INVALID']);
    // The next driver, while the end is still due.
    const second = await start(evseId);
    const bill = await told(good);
    assert.deepEqual([bill.status, bill.body['energyWh']], [200, '500']);
    const next = await stopWith(second.sessionId, evseId, later(second.begin, 120_000, 700n), {});
    assert.equal(next.status, 200);
    for (const { sessionId } of [first, second]) {
      await until('both are on the ledger', async () =>
        (await recordOf(sessionId)).record?.state === 'closed' ? true : undefined,
      );
    }
  });

  it('carries each reason into the bill and into the record that both utilities have', async () => {
    const sessions = new Map<EndReason, string>();
    for (const [at, endReason] of REASONS.entries()) {
      const evseId = EVSES[at % EVSES.length] ?? EVSES[0];
      const { sessionId, begin } = await start(evseId);
      const bill = await stopWith(sessionId, evseId, later(begin, 60_000, 100n), { endReason });
      assert.equal(bill.body['endReason'], endReason);
      sessions.set(endReason, sessionId);
    }
    for (const [endReason, sessionId] of sessions) {
      const cdr = await until(`the record of ${endReason}`, async () => (await recordOf(sessionId)).cdr);
      assert.equal(cdr.endReason, endReason);
    }
  });

  it('says on the bill how full the car was, and nothing where it did not tell', async () => {
    const evseId = EVSES[1];
    const told = await start(evseId, { socPpm: 200_000 });
    const bill = await stopWith(told.sessionId, evseId, later(told.begin, 60_000, 500n), {});
    assert.deepEqual(bill.body['soc'], { beginPpm: 200_000, endPpm: 800_000 });
    const untold = await start(evseId);
    const without = await stopWith(untold.sessionId, evseId, later(untold.begin, 60_000, 500n), {});
    assert.equal('soc' in without.body, false);
  });

  it('prices the time after the car was full as parking', async () => {
    const evseId = EVSES[2];
    const { sessionId, begin } = await start(evseId);
    const full = { ...later(begin, 60_000, 500n), charging: false };
    const gone = { ...full, atMs: full.atMs + 1_800_000 };
    const bill = await rig.station.post(
      `sessions/${sessionId}/stop`,
      rig.station.stopRequest(evseId, gone, [full]),
    );
    const lines = bill.body['lines'] as { kind: string; quantity: string; amountMicros: string }[];
    const parking = lines.find(({ kind }) => kind === 'PARKING_TIME');
    // 2 USD an hour.
    assert.deepEqual([parking?.quantity, parking?.amountMicros], ['1800', '1000000']);
  });

  it('settles a session of another service: both endorsers form what home said yes to', async () => {
    const evseId = EVSES[1];
    const fleet = unwrap(makeCin({ country: 'US', party: 'ALP', service: 'F', customer: '0012345' }));
    const { sessionId, begin } = await start(evseId, {}, fleet);
    await stopWith(sessionId, evseId, later(begin, 60_000, 500n), {});
    await until('it is on the ledger', async () =>
      (await recordOf(sessionId)).record?.state === 'closed' ? true : undefined,
    );
  });

  it('of a session that a fault ended before energy flowed is billed to nobody', async () => {
    const evseId = EVSES[3];
    const { sessionId, begin } = await start(evseId);
    const end = later(begin, 1_000, 0n);
    const bill = await stopWith(sessionId, evseId, end, { endReason: 'power-cut' });
    assert.deepEqual([bill.status, bill.body['totalMicros']], [200, '0']);
    const facts = await withRows(rig, 'ends_duke', (db) =>
      db.selectFrom('fact').select(['kind', 'payload']).where('session_id', '=', sessionId).execute(),
    );
    const voided = facts.find(({ kind }) => kind === 'void');
    assert.deepEqual(voided?.payload, { reason: 'not-started' });
  });

  it('is dated on every answer, a refused proof’s as well, and a stated offset shows in the metrics', async () => {
    const path = `${rig.station.url}/station/v1/swipes/none/driver-consent`;
    const unproven = await fetch(path);
    assert.equal(unproven.status, 401);
    const dated = Number(unproven.headers.get(GATEWAY_TIME_HEADER));
    assert.ok(Math.abs(dated - testNow()) < 60_000, `${dated}`);
    await rig.station.get('swipes/none/driver-consent', { [CLOCK_OFFSET_HEADER]: '-61000' });
    const metrics = await (await fetch(`${rig.station.url}/metrics`)).text();
    assert.match(metrics, /^roamgrid_station_clock_offset_ms\{station="[^"]+"[^}]*\} -61000$/m);
  });

  it('of a session whose start nobody answered frees the outlet, and the late start begins nothing', async () => {
    const evseId = EVSES[0];
    const { swipeId, offer } = await rig.station.offer({ evseId, cin: ALABAMA_CIN });
    const begin = rig.station.begin(offer);
    const request = await rig.station.startRequest(swipeId, offer, begin);
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    let isAsked = false;
    rig.router.behaviour = async ({ path }, _response, answer) => {
      if (path.endsWith('/consent')) {
        isAsked = true;
        await held;
      }
      await answer();
    };
    const late = rig.station.post('sessions', request);
    await until('the opening is on its way', () => Promise.resolve(isAsked ? true : undefined));
    const { sessionId } = offer.quote;
    const stopped = await stopWith(sessionId, evseId, later(begin, 1, 0n), { endReason: 'fault' });
    assert.deepEqual([stopped.status, stopped.body['code']], [409, 'SESSION_ENDED']);
    goOn();
    rig.router.behaviour = undefined;
    assert.notEqual((await late).status, 201);
    const next = await start(evseId);
    assert.equal((await stopWith(next.sessionId, evseId, later(next.begin, 60_000, 5n), {})).status, 200);
  });
});
