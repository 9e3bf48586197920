import assert from 'node:assert/strict';
import type { KioskState } from '@roamgrid/wire';
import {
  billBody,
  offerBody,
  SESSION_ID,
  startBody,
  type Answer,
  type Received,
} from '@roamgrid/station-kit/testing';
import { CIN, begin, outletRig, shows } from './outlet.fixture.ts';
import type { Outlet } from './outlet.ts';

const NEXT_ID = 'USDUK-USALP-g0-2';
const NEXT_HASH = 'cd'.repeat(32);
const next = { ...offerBody, quote: { ...offerBody.quote, sessionId: NEXT_ID }, quoteHash: NEXT_HASH };

/** A gateway that says at the first report that the limit is near. */
const nearLimit =
  (offered: unknown = next) =>
  ({ path, body }: Received): Answer => {
    const isNext = path.includes(NEXT_ID) || body['swipeId'] !== undefined;
    if (path.endsWith('/swipes')) {
      return { status: 200, body: body['continues'] === undefined ? offerBody : offered };
    }
    if (path.endsWith('/sessions')) {
      const consent = String(body['consent']).split('.')[1] ?? '';
      const { sessionId } = JSON.parse(Buffer.from(consent, 'base64url').toString()) as { sessionId: string };
      return { status: 201, body: { ...startBody('10000'), sessionId } };
    }
    if (path.endsWith('/reports')) {
      const answer = { sequence: body['sequence'], command: 'continue', runningMicros: '1' };
      return { status: 200, body: isNext ? answer : { ...answer, limitNear: true } };
    }
    return { status: 200, body: { ...billBody, sessionId: path.includes(NEXT_ID) ? NEXT_ID : SESSION_ID } };
  };

const asked = (outlet: Outlet): Promise<Extract<KioskState, { screen: 'charging' }>> =>
  new Promise((resolve) => {
    const unsubscribe = outlet.subscribe((state) => {
      if (state.screen !== 'charging' || state.next === undefined) return;
      unsubscribe();
      resolve(state);
    });
  });

describe('a driver whose agreed limit is near', () => {
  let rig: ReturnType<typeof outletRig>;
  beforeEach(() => {
    rig = outletRig();
  });
  afterEach(() => rig.close());

  it('accepts a new price while the car charges, and goes on in a session of its own', async () => {
    const { outlet, gateway } = await rig.with(nearLimit());
    const near = asked(outlet);
    const { ended } = await begin(outlet);
    const { next: shown } = await near;
    assert.equal(shown?.offer.quoteHash, NEXT_HASH);
    await assert.rejects(outlet.consent('ef'.repeat(32)), /another one/);
    await outlet.consent(NEXT_HASH);
    const bill = await ended;
    assert.equal(bill?.sessionId, NEXT_ID);
    assert.equal((await shows(outlet, 'bill')).screen, 'bill');

    const at = (end: string) => gateway.received.findIndex(({ path }) => path.endsWith(end));
    const starts = gateway.received.filter(({ path }) => path.endsWith('/sessions'));
    const first = gateway.received[at(`${SESSION_ID}/stop`)];
    assert.equal(first?.body['endReason'], 'limit');
    // The gateway takes the end before the next start, and the register goes on where it stood.
    assert.ok(at(`${SESSION_ID}/stop`) < gateway.received.lastIndexOf(starts[1] ?? first));
    const last = (first.body['readings'] as { registerMilliWh: string }[]).at(-1);
    const begun = starts[1]?.body['start'] as { registerMilliWh: string };
    assert.equal(begun.registerMilliWh, last?.registerMilliWh);
    const swipes = gateway.received.filter(({ path }) => path.endsWith('/swipes'));
    assert.deepEqual(
      swipes.map(({ body }) => [body['cin'], body['continues']]),
      [
        [CIN, undefined],
        [CIN, SESSION_ID],
      ],
    );
  });

  it('who does not answer has what was agreed, and is asked once', async () => {
    const { outlet, gateway } = await rig.with(nearLimit());
    const bill = await (await begin(outlet)).ended;
    assert.equal(bill?.sessionId, SESSION_ID);
    const stop = gateway.received.find(({ path }) => path.endsWith('/stop'));
    assert.equal(stop?.body['endReason'], 'limit');
    assert.equal(gateway.received.filter(({ path }) => path.endsWith('/swipes')).length, 2);
    assert.equal(gateway.received.filter(({ path }) => path.endsWith('/sessions')).length, 1);
  });

  it('whose utility says no to more has what was agreed', async () => {
    const no = { outcome: 'refused', code: 'LIMIT_EXCEEDED', message: 'No more.', remedy: 'Ask it.' };
    const { outlet } = await rig.with(nearLimit(no));
    const seen: KioskState[] = [];
    outlet.subscribe((state) => seen.push(state));
    const bill = await (await begin(outlet)).ended;
    assert.equal(bill?.sessionId, SESSION_ID);
    assert.ok(seen.every((state) => state.screen !== 'charging' || state.next === undefined));
  });

  it('whose utility asks for the own device goes on once it has agreed', async () => {
    const device = { ...next, driverConsent: 'required' };
    let agrees = false;
    const { outlet } = await rig.with((received) =>
      received.path.includes('/driver-consent')
        ? { status: 200, body: { state: agrees ? 'given' : 'waiting' } }
        : nearLimit(device)(received),
    );
    const near = asked(outlet);
    const { ended } = await begin(outlet);
    await near;
    await assert.rejects(outlet.consent(NEXT_HASH), /own device/);
    agrees = true;
    for (;;) {
      const { state } = outlet;
      if (state.screen !== 'charging') assert.fail(`it shows ${state.screen}`);
      if (state.next?.driverConsented === true) break;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await outlet.consent(NEXT_HASH);
    assert.equal((await ended)?.sessionId, NEXT_ID);
  });
});
