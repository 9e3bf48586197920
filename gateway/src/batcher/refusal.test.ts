import assert from 'node:assert/strict';
import { routeRequest } from '@roamgrid/wire';
import { advanceTo } from '../testing/clock.ts';
import { EVSES } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';
import { json, profileGrant, profileOf, properGrant } from '../testing/router-peer.ts';
import { chargeAt, parkedOf, startAt, stateAt, stopAfter, untilState } from '../testing/session-driver.ts';

describe('a batch with a bad record in it', function () {
  this.timeout(60_000);
  let rig: GatewayRig;
  before(async () => {
    rig = await gatewayRig('refusal', {
      batcher: { maxWait: 1_500, openWait: 10, noteWait: 10, retryPause: 50, attempts: 0, retellAfter: 100 },
      station: { reapEvery: 200 },
    });
  });
  after(() => rig.close());
  afterEach(() => {
    rig.router.behaviour = undefined;
  });

  /** Home's yes from one kept profile, which allows 6 USD in all. */
  const onProfile = (profileId: string, outlets: readonly string[]): void => {
    rig.router.behaviour = async (request, response, proper) => {
      if (request.path !== '/router/v1/authorisations') return proper();
      const asked = routeRequest.parse(request.body);
      if (!outlets.includes(asked.offer.evseId)) return proper();
      const profile = profileOf(asked, profileId, { exposureMicros: 6_000_000n });
      json(response, 200, await profileGrant(asked, rig.home, profile));
    };
  };
  const retell = (path: string) => rig.duke.ask('operator', 'POST', `/operator/v1/parked/${path}`);

  it('loses only that one: what exceeds a profile’s exposure is parked, all others are settled', async () => {
    const [one, two, ...others] = EVSES;
    onProfile('kept-1', [one, two]);
    // 1.00 + 8 kWh × 0.25 = 3.00, less 5 %, with tax 3.135: twice that is more than 6.
    const first = await startAt(rig.station, one);
    const second = await startAt(rig.station, two);
    const good = [first.sessionId];
    await stopAfter(rig.station, first, 60_000, 8_000n);
    await stopAfter(rig.station, second, 61_000, 8_000n);
    for (const evseId of others) good.push(await chargeAt(rig.station, evseId));
    for (const sessionId of good) await untilState(rig, sessionId, 'closed');
    const [parked] = await until('the bad one is parked', async () => {
      const facts = await parkedOf(rig, second.sessionId);
      return facts.length === 0 ? undefined : facts;
    });
    assert.deepEqual([parked?.kind, parked?.code], ['settle', 'OVER_EXPOSURE']);
    assert.match(parked?.text ?? '', /ask it for another/);
    assert.equal(await stateAt(rig.duke, second.sessionId), 'opened');
    // Now and then it is just being told by itself, and is not parked then.
    await until('it is counted as parked', async () => {
      const metrics = await (await fetch(`${rig.duke.running.url}/metrics`)).text();
      return /roamgrid_queue_depth\{[^}]*state="parked"[^}]*\} [1-9]/.test(metrics) ? true : undefined;
    });
    const { body } = await rig.alabama.ask('auditor', 'GET', '/auditor/v1/gaps');
    assert.deepEqual(body['gaps'], []);

    // Told again it is refused again, and parked again; the number can be voided by people.
    const told = await until('it is told again', async () => {
      const [fact] = await parkedOf(rig, second.sessionId);
      const { status, body } = await retell(`${fact?.factId ?? '0'}/retell`);
      return status === 200 ? body : undefined;
    });
    assert.deepEqual(told, { facts: 1 });
    await until('it is parked again', async () =>
      (await parkedOf(rig, second.sessionId)).length === 1 ? true : undefined,
    );
    assert.deepEqual((await retell('999999/retell')).body['code'], 'FACT_UNKNOWN');
    assert.equal((await rig.duke.ask('aaa', 'GET', '/operator/v1/parked')).status, 403);
  });

  it('a record that is parked is told again by itself, until the reason is gone', async () => {
    const [outlet] = EVSES;
    const session = await startAt(rig.station, outlet);
    const { sessionId, begin } = session;
    // A station whose clock is ahead: the contract takes no end that lies in its future.
    const end = { ...begin, atMs: begin.atMs + 600_000, registerMilliWh: begin.registerMilliWh + 1_000_000n };
    const request = rig.station.stopRequest(outlet, end, [], 'stands');
    assert.equal((await rig.station.post(`sessions/${sessionId}/stop`, request)).status, 200);
    const [parked] = await until('it is parked', async () => {
      const facts = await parkedOf(rig, sessionId);
      return facts.some(({ kind }) => kind === 'settle')
        ? facts.filter(({ kind }) => kind === 'settle')
        : undefined;
    });
    assert.equal(parked?.code, 'CLOCK_SKEW');
    assert.equal(await stateAt(rig.duke, sessionId), 'opened');
    // Told again before its time it is refused again; once it is time it is told by itself.
    advanceTo(end.atMs);
    await untilState(rig, sessionId, 'closed');
    await until('nothing of it is parked', async () =>
      (await parkedOf(rig, sessionId)).length === 0 ? true : undefined,
    );
  });

  it('an authorisation that is brought for a second swipe starts nothing', async () => {
    const [outlet] = EVSES;
    let brought: unknown;
    rig.router.behaviour = async (request, response, proper) => {
      if (request.path !== '/router/v1/authorisations') return proper();
      brought ??= await properGrant(routeRequest.parse(request.body), rig.home);
      json(response, 200, brought);
    };
    const first = await chargeAt(rig.station, outlet);
    const again = await rig.station.post('swipes', rig.station.swipeRequest({ evseId: outlet }));
    assert.equal(again.body['code'], 'HOME_PROTOCOL_ERROR');
    await untilState(rig, first, 'closed');
  });
});
