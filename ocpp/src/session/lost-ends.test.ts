import assert from 'node:assert/strict';
import type { StatusReport } from '../model/reports.ts';
import { CARD, MINUTE_MS } from './testing/rig.ts';
import {
  accepted,
  authorize,
  begin16,
  billedWh,
  messageOf,
  reasons,
  rig,
  send,
  tell,
} from './testing/the-rig.ts';

const OTHER = { type: 'cin', value: 'USALP000987654324' } as const;
const other = () => rig.desk.authorize('st1', { token: OTHER, atMs: rig.time.nowMs });
const says = (state: StatusReport['state'], changes: Partial<StatusReport> = {}, stationId = 'st1') =>
  rig.desk.statusChanged(stationId, { outlet: { evse: 1 }, atMs: rig.time.nowMs, state, ...changes });
const tx2 = { transaction: { by: 'station', id: 'tx2' } } as const;

describe('the end of a transaction that was lost', () => {
  beforeEach(() => rig.clear());

  const charge = async () => {
    await accepted();
    await tell('began', 100);
    rig.pass(MINUTE_MS);
    await tell('moved', 200);
    rig.pass(10_000);
  };

  it('is found when the next driver comes to an outlet that is free: he is offered it, and billed for his own', async () => {
    await charge();
    await says('available');
    rig.pass(2 * MINUTE_MS);
    await says('occupied');
    assert.equal((await other()).status, 'accepted');
    assert.deepEqual(rig.billed(), [{ milliWh: 100_000n, reason: 'fault' }]);
    rig.pass(1_000);
    await tell('began', 250, { ...tx2, token: OTHER });
    rig.pass(MINUTE_MS);
    await tell('ended', 300, tx2);
    assert.deepEqual(billedWh(), [100, 50]);
    assert.deepEqual(await rig.unbilled(), {});
  });

  it('is found when the same driver comes again', async () => {
    await charge();
    await says('available');
    rig.pass(2 * MINUTE_MS);
    assert.equal((await authorize()).status, 'accepted');
    assert.deepEqual(reasons(), ['fault']);
    rig.pass(1_000);
    assert.equal((await tell('began', 250, tx2)).status, 'accepted');
  });

  it('is none as long as the outlet is not said to be free, whoever shows a card there', async () => {
    await charge();
    await says('occupied');
    rig.pass(5 * MINUTE_MS);
    assert.equal((await other()).status, 'not-allowed-here');
    await tell('ended', 300);
    assert.deepEqual(rig.billed(), [{ milliWh: 200_000n, reason: 'driver' }]);
  });

  it('is waited for a minute: a station that was offline tells that it is free before what it kept', async () => {
    await charge();
    rig.pass(20 * MINUTE_MS);
    const ended = messageOf('ended', 400, { isOffline: true });
    rig.pass(5 * MINUTE_MS);
    await says('available');
    rig.pass(30_000);
    assert.equal((await other()).status, 'not-allowed-here');
    await send({ ...ended, receivedAtMs: rig.time.nowMs });
    assert.deepEqual(rig.billed(), [{ milliWh: 300_000n, reason: 'driver' }]);
    assert.equal((await other()).status, 'accepted');
  });

  it('is given up after ten minutes at an outlet that is free, if nobody comes', async () => {
    await charge();
    await says('available');
    rig.pass(9 * MINUTE_MS);
    await rig.round();
    assert.deepEqual(reasons(), [undefined]);
    rig.pass(2 * MINUTE_MS);
    await rig.round();
    assert.deepEqual(reasons(), ['fault']);
  });

  it('is none when anything is told of it after the outlet was said to be free', async () => {
    await charge();
    await says('available');
    rig.pass(2 * MINUTE_MS);
    await tell('moved', 220);
    assert.equal((await other()).status, 'not-allowed-here');
    rig.pass(15 * MINUTE_MS);
    await rig.round();
    assert.deepEqual(reasons(), [undefined]);
  });

  it('is none when the station says that it charges there after all', async () => {
    await charge();
    await says('available');
    await says('occupied', { isCharging: true });
    rig.pass(15 * MINUTE_MS);
    await rig.round();
    assert.equal((await other()).status, 'not-allowed-here');
    assert.deepEqual(reasons(), [undefined]);
  });

  it('is none by a word that is older than the last of it', async () => {
    await charge();
    await says('available', { atMs: rig.time.nowMs - 10 * MINUTE_MS });
    rig.pass(11 * MINUTE_MS);
    await rig.round();
    assert.equal((await other()).status, 'not-allowed-here');
    assert.deepEqual(reasons(), [undefined]);
  });

  it('is not put off by values of an outlet that is free', async () => {
    await accepted();
    await begin16(100);
    rig.pass(MINUTE_MS);
    await says('available', { isCharging: false });
    rig.pass(2 * MINUTE_MS);
    const { transaction: _none, ...idle } = messageOf('moved', 100);
    assert.deepEqual(await send(idle), { texts: [] });
    assert.equal((await other()).status, 'accepted');
    assert.deepEqual(reasons(), ['fault']);
  });

  it('is waited for after a start anew for ten minutes, however often the station starts', async () => {
    await charge();
    for (let start = 0; start < 4; start += 1) {
      await rig.desk.booted('st1', { vendor: 'v', model: 'm' });
      rig.pass(4 * MINUTE_MS);
      await rig.round();
    }
    assert.deepEqual(reasons(), ['power-cut']);
  });

  it('keeps no driver from the other outlet of a station', async () => {
    const atPair = (token = CARD) => rig.desk.authorize('pair', { token, atMs: rig.time.nowMs });
    await atPair();
    rig.pass(1_000);
    await rig.desk.transaction('pair', messageOf('began', 100, { outlet: { evse: 4 } }));
    assert.equal((await atPair(OTHER)).status, 'accepted');
    assert.equal(rig.gateway.received.at(-1)?.body['evseId'], 'US*DUK*E5*1');
  });
});
