import assert from 'node:assert/strict';
import { makeCin, unwrap } from '@roamgrid/domain';
import { routeRequest, swipeOffer, type MeterReading } from '@roamgrid/wire';
import { EVSES } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';
import { json, properGrant } from '../testing/router-peer.ts';
import { startAt, untilState } from '../testing/session-driver.ts';
import { wireReading } from '../testing/station-peer.ts';

const REPORT_EVERY_MS = 60_000;

describe('a session whose limit is near', function () {
  this.timeout(60_000);
  let rig: GatewayRig;
  before(async () => {
    rig = await gatewayRig('continue', { station: { quoteValid: 900_000, reportEvery: REPORT_EVERY_MS } });
  });
  after(() => rig.close());
  afterEach(() => {
    rig.router.behaviour = undefined;
  });

  const [EVSE] = EVSES;
  const later = (reading: MeterReading, ms: number, wh: bigint): MeterReading => ({
    atMs: reading.atMs + ms,
    registerMilliWh: reading.registerMilliWh + wh * 1_000n,
    charging: true,
  });
  const report = async (sessionId: string, sequence: number, reading: MeterReading, powerW: string) => {
    const body = { sequence, readings: [wireReading(reading)], powerW };
    const answer = await rig.station.post(`sessions/${sessionId}/reports`, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  };
  const swipe = async (continues: string | undefined, over: Record<string, unknown> = {}) => {
    const request = rig.station.swipeRequest({
      evseId: EVSE,
      ...(continues === undefined ? {} : { continues }),
      ...over,
    });
    return { swipeId: String(request['swipeId']), answer: await rig.station.post('swipes', request) };
  };
  const codeOf = ({ answer }: Awaited<ReturnType<typeof swipe>>) => answer.body['code'];

  it('goes on under a new consent of the same customer: a session of its own, from the register where the first ended', async () => {
    const first = await startAt(rig.station, EVSE, { requestedEnergyWh: '2000', plannedMs: 600_000 });
    const { sessionId, begin } = first;
    // At 6 kW the last of 2 kWh is more than five reports away; at 12 kW it is not.
    const far = await report(sessionId, 1, later(begin, 60_000, 100n), '6000');
    assert.deepEqual([far['command'], far['limitNear']], ['continue', undefined]);
    const near = await report(sessionId, 2, later(begin, 120_000, 1_000n), '12000');
    assert.deepEqual([near['command'], near['limitNear']], ['continue', true]);

    assert.equal(codeOf(await swipe(undefined)), 'STATION_UNAVAILABLE');
    assert.equal(codeOf(await swipe('USDUK-USALP-g0-999')), 'STATION_UNAVAILABLE');
    rig.router.behaviour = async (request, response, proper) => {
      if (request.path !== '/router/v1/authorisations') return proper();
      const grant = await properGrant(routeRequest.parse(request.body), rig.home, { cinRef: '9'.repeat(64) });
      json(response, 200, grant);
    };
    const cin = unwrap(makeCin({ country: 'US', party: 'ALP', service: 'E', customer: '0054321' }));
    const stranger = await swipe(sessionId, { cin });
    assert.equal(codeOf(stranger), 'STATION_UNAVAILABLE');
    assert.match(String(stranger.answer.body['message']), /another customer/i);
    rig.router.behaviour = undefined;

    const { swipeId, answer } = await swipe(sessionId);
    assert.equal(answer.body['outcome'], 'offer', JSON.stringify(answer.body));
    const offer = swipeOffer.parse(answer.body);
    assert.notEqual(offer.quote.sessionId, sessionId);
    // It holds the customer's means until the first session must have ended, not for as long as a new driver may think.
    assert.equal(offer.quote.validUntilMs - offer.quote.issuedAtMs, 10 * REPORT_EVERY_MS);
    const end = later(begin, 180_000, 1_200n);
    const stop = { ...rig.station.stopRequest(EVSE, end), endReason: 'limit' };
    assert.equal((await rig.station.post(`sessions/${sessionId}/stop`, stop)).status, 200);

    // The meter goes on where it stands.
    const begun = { ...rig.station.begin(offer), atMs: Math.max(end.atMs, offer.quote.issuedAtMs) };
    assert.equal(begun.registerMilliWh, end.registerMilliWh);
    const start = await rig.station.startRequest(swipeId, offer, begun);
    const started = await rig.station.post('sessions', start);
    assert.equal(started.status, 201, JSON.stringify(started.body));
    const second = later(begun, 60_000, 300n);
    const secondId = offer.quote.sessionId;
    const ended = await rig.station.post(`sessions/${secondId}/stop`, rig.station.stopRequest(EVSE, second));
    assert.equal(ended.status, 200, JSON.stringify(ended.body));
    for (const id of [sessionId, secondId]) await untilState(rig, id, 'closed');
    const energy = await until('both records are here', async () => {
      const found = await Promise.all(
        [sessionId, secondId].map(async (id) => {
          const { body } = await rig.duke.ask('auditor', 'GET', `/auditor/v1/sessions/${id}`);
          return (body['cdr'] as { energyWh: string } | undefined)?.energyWh;
        }),
      );
      return found.includes(undefined) ? undefined : found;
    });
    assert.deepEqual(energy, ['1200', '300']);
  });
});
