import assert from 'node:assert/strict';
import { begin, CIN, outletRig, SWIPE, usual } from '../agent/outlet.fixture.ts';
import type { Received, Answer } from '@roamgrid/station-kit/testing';

describe('the gate of an outlet (SITE-10)', () => {
  let rig: ReturnType<typeof outletRig>;
  let told: string[];
  beforeEach(() => {
    rig = outletRig();
    told = [];
  });
  afterEach(() => rig.close());

  const withGate = (answer: (received: Received) => Answer) =>
    rig.with(answer, { outlet: { gate: { driverRefused: (code) => told.push(code) } } });
  const refusing =
    (code: string) =>
    (received: Received): Answer =>
      received.path.endsWith('/swipes')
        ? { status: 200, body: { outcome: 'refused', code, message: 'no', remedy: 'none' } }
        : usual()(received);

  it('hears of drivers who are not who they say, and of no other refusal', async () => {
    for (const code of [
      'CUSTOMER_UNKNOWN',
      'NO_AGREEMENT',
      'CUSTOMER_BLOCKED',
      'LIMIT_EXCEEDED',
      'HOME_TIMEOUT',
    ]) {
      const { outlet } = await withGate(refusing(code));
      assert.equal((await outlet.swipe(SWIPE)).screen, 'refused');
    }
    assert.deepEqual(told, ['CUSTOMER_UNKNOWN', 'CUSTOMER_BLOCKED']);
  });

  it('hears of a card whose number is wrong, before anybody else does', async () => {
    const { outlet, gateway } = await withGate(usual());
    await outlet.swipe({ ...SWIPE, cin: CIN.replace(/.$/, '!') });
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', /^CIN_/);
    assert.deepEqual(gateway.received, []);
  });

  it('hears of a session whose authorisation home takes back, and of no other end', async () => {
    const ending = (reason: string) => (received: Received) =>
      received.path.endsWith('/reports')
        ? {
            status: 200,
            body: { sequence: received.body['sequence'], runningMicros: '1', command: 'stop', reason },
          }
        : usual('50000')(received);
    for (const reason of ['limit', 'revoked', 'ledger-unavailable']) {
      const { outlet } = await withGate(ending(reason));
      await (
        await begin(outlet)
      ).ended;
    }
    assert.deepEqual(told, ['revoked']);
  });
});
