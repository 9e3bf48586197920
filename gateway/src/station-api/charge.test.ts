import assert from 'node:assert/strict';
import {
  auditedStationPage,
  presentKeys,
  publicJwk,
  stationRegistration,
  type DatedKey,
  type DatedMeterKey,
  type MeterReading,
  type PublicJwk,
  type SwipeOffer,
} from '@roamgrid/wire';
import { z } from 'zod';
import { EVSES, STATION_ID } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';
import { testKey } from '../testing/keys.ts';
import { json } from '../testing/router-peer.ts';
import { withRows } from '../testing/rows.ts';
import { wireReading } from '../testing/station-peer.ts';

describe('charging', function () {
  this.timeout(60_000);
  let rig: GatewayRig;
  let outlet = 0;
  before(async () => {
    rig = await gatewayRig('charge', { station: { relayTimeout: 300, openingTimeout: 300 } });
  });
  after(() => rig.close());
  beforeEach(() => {
    rig.router.received.length = 0;
    rig.router.behaviour = undefined;
    outlet = (outlet + 1) % EVSES.length;
  });
  const evse = () => EVSES[outlet] ?? EVSES[0];
  const begun = (offer: SwipeOffer): MeterReading => rig.station.begin(offer);
  const later = (reading: MeterReading, ms: number, wh: bigint): MeterReading => ({
    atMs: reading.atMs + ms,
    registerMilliWh: reading.registerMilliWh + wh * 1_000n,
    charging: true,
  });
  const start = async (over: Record<string, unknown> = {}) => {
    const { swipeId, offer } = await rig.station.offer({ evseId: evse(), ...over });
    const begin = begun(offer);
    const request = await rig.station.startRequest(swipeId, offer, begin);
    const answer = await rig.station.post('sessions', request);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return { swipeId, offer, begin, request, sessionId: offer.quote.sessionId };
  };
  const stop = (sessionId: string, end: MeterReading) =>
    rig.station.post(`sessions/${sessionId}/stop`, rig.station.stopRequest(evse(), end));
  const stateOf = async (sessionId: string): Promise<string | undefined> => {
    const { body } = await rig.duke.ask('auditor', 'GET', `/auditor/v1/sessions/${sessionId}`);
    return (body['record'] as { state: string } | undefined)?.state;
  };
  const report = (sessionId: string, sequence: number, reading: MeterReading, powerW = '10000') =>
    rig.station.post(`sessions/${sessionId}/reports`, { sequence, readings: [wireReading(reading)], powerW });

  it('starts once however often it is told, and takes the outlet', async () => {
    const { request, sessionId, begin } = await start();
    const again = await rig.station.post('sessions', request);
    assert.equal(again.status, 201);
    assert.equal(again.body['sessionId'], sessionId);
    assert.equal(rig.router.received.filter(({ path }) => path.endsWith('/consent')).length, 1);
    const busy = await rig.station.post('swipes', rig.station.swipeRequest({ evseId: evse() }));
    assert.equal(busy.body['code'], 'STATION_UNAVAILABLE');
    assert.equal((await stop(sessionId, later(begin, 60_000, 500n))).status, 200);
    const free = await rig.station.post('swipes', rig.station.swipeRequest({ evseId: evse() }));
    assert.equal(free.body['outcome'], 'offer');
  });

  it('refuses a consent to another quote, a forged meter reading and an unknown swipe', async () => {
    const { swipeId, offer } = await rig.station.offer({ evseId: evse() });
    const other = await rig.station.offer({ evseId: evse() });
    const begin = begun(offer);
    const good = await rig.station.startRequest(swipeId, offer, begin);
    const foreign = await rig.station.startRequest(swipeId, other.offer, begin);
    const rows: [Record<string, unknown>, number, string][] = [
      [{ ...good, consent: foreign['consent'] }, 422, 'CONSENT_INVALID'],
      [{ ...good, start: wireReading(later(begin, 0, 1n)) }, 422, 'METER_INVALID'],
      [
        { ...good, signedStart: String(good['signedStart']).replace('Roamgrid', 'roamgrid') },
        422,
        'METER_INVALID',
      ],
      [{ ...good, signedStart: rig.station.statement(evse(), [['E', begin]]) }, 422, 'METER_INVALID'],
      [
        { ...good, signedStart: rig.station.statement(EVSES[(outlet + 1) % 4] ?? '', [['B', begin]]) },
        422,
        'METER_INVALID',
      ],
      [{ ...good, swipeId: 'nobody-swiped' }, 404, 'SWIPE_UNKNOWN'],
    ];
    for (const [request, status, code] of rows) {
      const answer = await rig.station.post('sessions', request);
      assert.deepEqual([answer.status, answer.body['code']], [status, code]);
    }
    assert.equal(rig.router.received.filter(({ path }) => path.endsWith('/consent')).length, 0);
  });

  it('does not start when the home utility refuses the consent, and says so each time', async () => {
    const { swipeId, offer } = await rig.station.offer({ evseId: evse() });
    rig.router.behaviour = (request, response, proper) => {
      if (!request.path.endsWith('/consent')) {
        void proper();
        return;
      }
      const body = {
        type: 'about:blank',
        title: 'x',
        status: 422,
        code: 'CUSTOMER_BLOCKED',
        detail: 'card lost',
      };
      json(response, 422, body);
    };
    const request = await rig.station.startRequest(swipeId, offer, begun(offer));
    for (let i = 0; i < 2; i += 1) {
      const answer = await rig.station.post('sessions', request);
      assert.deepEqual([answer.status, answer.body['code']], [422, 'CUSTOMER_BLOCKED']);
    }
    rig.router.behaviour = undefined;
    await rig.station.offer({ evseId: evse() });
  });

  it('starts when the home utility is silent, and tells it the consent until it hears', async () => {
    rig.router.behaviour = (request, _response, proper) => {
      if (!request.path.endsWith('/consent')) {
        void proper();
        return;
      }
      return undefined;
    };
    const { sessionId, begin } = await start();
    rig.router.behaviour = undefined;
    rig.router.received.length = 0;
    const told = await until('the consent is told again', () =>
      Promise.resolve(rig.router.received.find(({ path }) => path.endsWith('/consent'))),
    );
    assert.equal((told.body as { sessionId: string }).sessionId, sessionId);
    await stop(sessionId, later(begin, 60_000, 500n));
  });

  it('ends at the next report when the home utility says no after all', async () => {
    rig.router.behaviour = (request, _response, proper) => {
      if (!request.path.endsWith('/consent')) void proper();
    };
    const { sessionId, begin } = await start();
    rig.router.behaviour = (request, response, proper) => {
      if (!request.path.endsWith('/consent')) {
        void proper();
        return;
      }
      const problem = { type: 'about:blank', title: 'x', status: 422, code: 'OPENING_REFUSED', detail: 'no' };
      json(response, 422, problem);
    };
    let sequence = 0;
    const told = await until('the session is told to stop', async () => {
      sequence += 1;
      const { body } = await report(sessionId, sequence, later(begin, sequence * 1_000, 1n));
      return body['command'] === 'stop' ? body : undefined;
    });
    assert.equal(told['reason'], 'revoked');
    rig.router.behaviour = undefined;
    assert.equal((await stop(sessionId, later(begin, 100_000, 500n))).status, 200);
  });

  it('refuses a consent that cannot be formed again from its facts', async () => {
    const { swipeId, offer } = await rig.station.offer({ evseId: evse() });
    const request = await rig.station.startRequest(swipeId, offer, begun(offer));
    const { quote, quoteHash } = offer;
    const { channel, sessionId, issuedAtMs } = quote;
    // Signed by the station's own key, with the members in another order.
    const payload = {
      sessionId,
      quoteHash,
      method: 'kiosk',
      iss: STATION_ID,
      consentedAtMs: issuedAtMs,
      channel,
    };
    const consent = await rig.station.signed(payload, { alg: 'ES256', typ: 'roamgrid-consent+jwt' });
    const answer = await rig.station.post('sessions', { ...request, consent });
    assert.deepEqual([answer.status, answer.body['code']], [422, 'CONSENT_INVALID']);
    assert.match(String(answer.body['detail']), /formed again/);
  });

  it('counts a report once, whatever is repeated, reordered or lost on the way', async () => {
    const { sessionId, begin } = await start();
    const one = later(begin, 60_000, 400n);
    const two = later(begin, 120_000, 800n);
    const second = await report(sessionId, 2, two);
    const first = await report(sessionId, 1, one);
    const repeated = await report(sessionId, 2, two);
    assert.equal(second.status, 200);
    assert.deepEqual(repeated.body, second.body);
    // 1.00 + 0.8 kWh × 0.25 = 1.20, less 5 %, with tax.
    assert.equal(second.body['runningMicros'], '1254000');
    assert.equal(first.body['runningMicros'], '1254000');
    const sequences = rig.router.received
      .filter(({ path }) => path.endsWith('/reports'))
      .map(({ body }) => (body as { sequence: number }).sequence);
    assert.deepEqual(sequences, [2, 1]);
    const backwards = await report(sessionId, 3, {
      ...later(begin, 180_000, 0n),
      registerMilliWh: begin.registerMilliWh - 1n,
    });
    assert.deepEqual([backwards.status, backwards.body['code']], [422, 'READINGS_INVALID']);
    const bill = await stop(sessionId, later(begin, 180_000, 1_200n));
    // 1.00 + 1.2 kWh × 0.25 = 1.30, less 5 % = 1.235, with tax 1.3585.
    assert.equal(bill.body['totalMicros'], '1358500');
    const stopsAgain = await stop(sessionId, later(begin, 180_000, 1_200n));
    assert.equal(stopsAgain.body['totalMicros'], '1358500');
    const ended = await report(sessionId, 4, later(begin, 240_000, 1_300n));
    assert.deepEqual([ended.status, ended.body['code']], [409, 'SESSION_ENDED']);
  });

  it('is stopped when the home utility takes its yes back', async () => {
    const { sessionId, begin } = await start();
    rig.router.behaviour = (request, response, proper) => {
      if (!request.path.endsWith('/reports')) {
        void proper();
        return;
      }
      const { sequence } = request.body as { sequence: number };
      json(response, 200, { sequence, command: 'stop', delivered: true });
    };
    const answer = await report(sessionId, 1, later(begin, 60_000, 400n));
    assert.deepEqual([answer.body['command'], answer.body['reason']], ['stop', 'revoked']);
    await stop(sessionId, later(begin, 61_000, 410n));
  });

  it('is stopped at the energy that was agreed, and before the cap can be passed', async () => {
    const full = await start();
    const atLimit = await report(full.sessionId, 1, later(full.begin, 60_000, 10_000n));
    assert.deepEqual([atLimit.body['command'], atLimit.body['reason']], ['stop', 'limit']);
    assert.equal((await stop(full.sessionId, later(full.begin, 61_000, 10_000n))).status, 200);

    // A car that has it and takes no more is parked, and may stay until that costs too much.
    const stayed = await start();
    const stays = { ...later(stayed.begin, 60_000, 10_000n), charging: false };
    assert.equal((await report(stayed.sessionId, 1, stays, '0')).body['command'], 'continue');
    const over = later(stayed.begin, 90_000, 10_001n);
    assert.equal((await report(stayed.sessionId, 2, over, '0')).body['reason'], 'limit');
    assert.equal((await stop(stayed.sessionId, over)).status, 200);

    const { sessionId, begin, offer } = await start({ requestedEnergyWh: '1000', plannedMs: 60_000 });
    // 2 USD an hour parked: within the cap now, above it by the time of the next report.
    const capMicros = offer.quote.capMicros;
    const charged = later(begin, 60_000, 900n);
    assert.equal((await report(sessionId, 1, { ...charged, charging: false })).body['command'], 'continue');
    let parked = charged;
    let answer = { command: 'continue', runningMicros: '0' };
    for (let sequence = 2; answer.command === 'continue' && sequence < 60; sequence += 1) {
      parked = { ...parked, atMs: parked.atMs + 60_000, charging: false };
      answer = (await report(sessionId, sequence, parked, '0')).body as typeof answer;
    }
    assert.equal(answer.command, 'stop');
    assert.ok(BigInt(answer.runningMicros) <= capMicros);
    const bill = await stop(sessionId, { ...parked, atMs: parked.atMs + 5_000 });
    assert.ok(BigInt(String(bill.body['totalMicros'])) <= capMicros);
    assert.ok(BigInt(String(bill.body['totalMicros'])) > 0n);
  });

  it('that passed the cap all the same is not billed, and its number is voided on the ledger', async () => {
    const { sessionId, begin } = await start({ requestedEnergyWh: '1000', plannedMs: 60_000 });
    const bill = await stop(sessionId, later(begin, 120_000, 30_000n));
    assert.equal(bill.status, 200);
    assert.equal(bill.body['totalMicros'], '0');
    const facts = await withRows(rig, 'charge_duke', (db) =>
      db.selectFrom('fact').select('kind').where('session_id', '=', sessionId).orderBy('kind').execute(),
    );
    assert.deepEqual(
      facts.map(({ kind }) => kind),
      ['note', 'open', 'void'],
    );
    await until('no number stays open', async () =>
      (await stateOf(sessionId)) === 'voided' ? true : undefined,
    );
  });

  /** Registers the station as it is, but for the meter of one outlet. */
  const registerMeter = async (meterId: string, meterKey: PublicJwk): Promise<void> => {
    const { body } = await rig.duke.ask('auditor', 'GET', '/auditor/v1/stations');
    const [record] = z.decode(auditedStationPage, body as z.input<typeof auditedStationPage>).items;
    assert.ok(record);
    const { type: _type, version, statusFromMs: _from, signingKeys, evses, ...stated } = record;
    const keyOf = (keys: readonly (DatedKey | DatedMeterKey)[]): PublicJwk =>
      publicJwk.strip().parse(presentKeys(keys)[0]);
    const station = {
      ...stated,
      signingKey: keyOf(signingKeys),
      evses: evses.map(({ meterKeys, ...each }) =>
        each.evseId === evse() ? { ...each, meterId, meterKey } : { ...each, meterKey: keyOf(meterKeys) },
      ),
    };
    const command = { commandId: `meter-${version}`, station: z.encode(stationRegistration, station) };
    const answer = await rig.duke.tell({ path: 'consortium/registerStation', command });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  };

  it('ends as it began when the meter’s key was replaced meanwhile', async () => {
    const { sessionId, begin } = await start();
    const meter = rig.station.meterAt(evse());
    await registerMeter('DUK-METER-NEW', testKey('meter-new').open);
    try {
      const answer = await stop(sessionId, later(begin, 60_000, 500n));
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
    } finally {
      await registerMeter(meter.meterId, meter.key);
    }
  });

  it('goes on across a restart of the gateway', async () => {
    const { sessionId, begin, request } = await start();
    await report(sessionId, 1, later(begin, 60_000, 400n));
    await rig.duke.running.close();
    const again = await rig.start('USDUK', 'charge_duke');
    rig.duke.running = again.running;
    rig.station.url = again.running.url;
    assert.equal((await rig.station.post('sessions', request)).body['sessionId'], sessionId);
    const busy = await rig.station.post('swipes', rig.station.swipeRequest({ evseId: evse() }));
    assert.equal(busy.body['code'], 'STATION_UNAVAILABLE');
    assert.equal((await report(sessionId, 1, later(begin, 60_000, 400n))).body['runningMicros'], '1149500');
    const bill = await stop(sessionId, later(begin, 120_000, 800n));
    assert.equal(bill.body['totalMicros'], '1254000');
    const recorded = await until('the bill is on the ledger', async () => {
      const { body } = await stop(sessionId, later(begin, 120_000, 800n));
      return body['ledger'] === 'committed' ? body : undefined;
    });
    assert.equal(recorded['totalMicros'], '1254000');
  });
});
