import assert from 'node:assert/strict';
import { routeRequest, swipeOffer } from '@roamgrid/wire';
import { EVSES } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';
import { json, overlongProfileGrant, properGrant } from '../testing/router-peer.ts';
import { wireReading } from '../testing/station-peer.ts';

describe('a batch with a bad record in it', function () {
  this.timeout(60_000);
  let rig: GatewayRig;
  before(async () => {
    // A clock that stands still makes two swipes alike, so that one authorisation can be brought for both.
    const nowMs = Date.now();
    rig = await gatewayRig(
      'refusal',
      { batcher: { maxWait: 1_500, retryPause: 50 } },
      { nowMs: () => nowMs },
    );
  });
  after(() => rig.close());

  const tryStart = async (evseId: string) => {
    const request = rig.station.swipeRequest({ evseId });
    const answer = await rig.station.post('swipes', request);
    const offer = swipeOffer.parse(answer.body);
    const begin = { atMs: offer.quote.issuedAtMs, registerWh: 0n, charging: true };
    const started = await rig.station.post(
      'sessions',
      await rig.station.startRequest(String(request['swipeId']), offer, begin),
    );
    return { started, sessionId: offer.quote.sessionId, atMs: begin.atMs };
  };
  const start = async (evseId: string): Promise<{ sessionId: string; atMs: number }> => {
    const { started, sessionId, atMs } = await tryStart(evseId);
    assert.equal(started.status, 201, JSON.stringify(started.body));
    return { sessionId, atMs };
  };
  const stop = (sessionId: string, evseId: string, atMs: number) =>
    rig.station.post(
      `sessions/${sessionId}/stop`,
      rig.station.stopRequest(evseId, { atMs: atMs + 60_000, registerWh: 600n, charging: true }),
    );
  const stateOf = async (sessionId: string): Promise<string | undefined> => {
    const { body } = await rig.alabama.ask('auditor', 'GET', `/auditor/v1/sessions/${sessionId}`);
    return (body['record'] as { state: string } | undefined)?.state;
  };

  it('loses only that one: its session is stopped and not billed, all others are recorded', async () => {
    const [outlet, ...others] = EVSES;
    const first = await start(outlet);
    assert.equal((await stop(first.sessionId, outlet, first.atMs)).status, 200);
    rig.router.behaviour = async (request, response, proper) => {
      if (request.path !== '/router/v1/authorisations') return proper();
      const asked = routeRequest.parse(request.body);
      if (asked.offer.evseId !== outlet) return proper();
      json(response, 200, await overlongProfileGrant(asked, rig.home));
    };
    const second = await start(outlet);
    const good = [first.sessionId];
    for (const evseId of others) {
      const { sessionId, atMs } = await start(evseId);
      await stop(sessionId, evseId, atMs);
      good.push(sessionId);
    }
    for (const sessionId of good) {
      await until('the good sessions are closed', async () =>
        (await stateOf(sessionId)) === 'closed' ? true : undefined,
      );
    }
    assert.equal(await stateOf(second.sessionId), undefined);
    let sequence = 0;
    const told = await until('the bad session is told to stop', async () => {
      sequence += 1;
      const reading = { atMs: second.atMs + sequence, registerWh: 1n, charging: true };
      const { body } = await rig.station.post(`sessions/${second.sessionId}/reports`, {
        sequence,
        readings: [wireReading(reading)],
        powerW: '0',
      });
      return body['command'] === 'stop' ? body : undefined;
    });
    assert.equal(told['reason'], 'ledger');
    const bill = await stop(second.sessionId, outlet, second.atMs);
    assert.equal(bill.body['totalMicros'], '0');
    const metrics = await (await fetch(`${rig.duke.running.url}/metrics`)).text();
    assert.match(metrics, /roamgrid_queue_depth\{[^}]*state="refused"[^}]*\} [1-9]/);
    const { body } = await rig.alabama.ask('auditor', 'GET', '/auditor/v1/gaps');
    assert.deepEqual(body['gaps'], []);
  });

  it('an authorisation that is brought for a second swipe starts nothing', async () => {
    const [outlet] = EVSES;
    let brought: unknown;
    rig.router.behaviour = async (request, response, proper) => {
      if (request.path !== '/router/v1/authorisations') return proper();
      brought ??= await properGrant(routeRequest.parse(request.body), rig.home);
      json(response, 200, brought);
    };
    const first = await start(outlet);
    assert.equal((await stop(first.sessionId, outlet, first.atMs)).status, 200);
    const { started } = await tryStart(outlet);
    assert.equal(started.status, 502);
    assert.equal(started.body['code'], 'HOME_PROTOCOL_ERROR');
    await until('the one session is closed', async () =>
      (await stateOf(first.sessionId)) === 'closed' ? true : undefined,
    );
  });
});
