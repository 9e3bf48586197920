import assert from 'node:assert/strict';
import { BEGIN_MS, CARD, MINUTE_MS } from './testing/rig.ts';
import {
  stops,
  mWh,
  accepted,
  send,
  messageOf,
  tell,
  begin16,
  billedWh,
  reasons,
  rig,
} from './testing/the-rig.ts';

const HOUR_MS = 3_600_000;

describe('messages about a transaction', () => {
  beforeEach(() => rig.clear());

  it('that come twice are one: the same answer, the same number, one bill', async () => {
    await accepted();
    const { transaction: _none, ...began } = messageOf('began', 100);
    const first = await send(began);
    rig.pass(MINUTE_MS);
    assert.deepEqual(await send(began), first);
    const transaction = { by: 'us', number: first.number ?? 0 } as const;
    const moved = messageOf('moved', 200, { transaction });
    await send(moved);
    await send(moved);
    rig.pass(MINUTE_MS);
    const ended = messageOf('ended', 300, { transaction });
    const { totalCostMicros } = await send(ended);
    assert.equal((await send(ended)).totalCostMicros, totalCostMicros);
    assert.deepEqual(billedWh(), [200]);
  });

  it('that come over two sockets at once are one', async () => {
    await accepted();
    const began = messageOf('began', 100);
    const moved = messageOf('moved', 150);
    await Promise.all([send(began), send(began)]);
    rig.pass(MINUTE_MS);
    await Promise.all([send(moved), send(moved), send(messageOf('ended', 160))]);
    assert.deepEqual(billedWh(), [60]);
  });

  it('whose end is told before the begin are put in order, when the begin comes while the offer is open', async () => {
    await accepted();
    const began = messageOf('began', 100);
    rig.pass(MINUTE_MS);
    await tell('ended', 250);
    assert.deepEqual(billedWh(), []);
    rig.pass(1_000);
    await send({ ...began, receivedAtMs: rig.time.nowMs, isOffline: true });
    assert.deepEqual(billedWh(), [150]);
  });

  it('whose begin is told after values: what flowed since then is billed once', async () => {
    await accepted();
    const began = messageOf('began', 100);
    rig.pass(10_000);
    await tell('moved', 120);
    rig.pass(1_000);
    await send({ ...began, receivedAtMs: rig.time.nowMs, isOffline: true });
    rig.pass(MINUTE_MS);
    await tell('ended', 250);
    assert.deepEqual(billedWh(), [150]);
  });

  it('whose begin never comes are of nobody, when nobody was named', async () => {
    await accepted();
    await tell('moved', 100);
    rig.pass(MINUTE_MS);
    await tell('ended', 250);
    rig.pass(11 * MINUTE_MS);
    await rig.round();
    assert.deepEqual(billedWh(), []);
    assert.deepEqual(await rig.unbilled(), { 'began-missing': mWh(150) });
  });

  it('whose begin never comes are billed from the first value on, when they name who charges', async () => {
    await accepted();
    rig.pass(1_000);
    await tell('moved', 100, { token: CARD });
    rig.pass(MINUTE_MS);
    await tell('ended', 250);
    assert.deepEqual(billedWh(), [150]);
  });

  it('whose end never comes: the next car at the outlet ends them where they were last heard', async () => {
    await accepted();
    await tell('began', 100);
    rig.pass(MINUTE_MS);
    await tell('moved', 200);
    rig.pass(MINUTE_MS);
    // The next driver's own device agrees: he was shown nothing while the outlet was taken.
    Object.assign(rig.gateway.moods, { driverConsent: 'possible', isDeviceGiven: true });
    await tell('began', 900, { transaction: { by: 'station', id: 'tx2' } });
    rig.pass(MINUTE_MS);
    await tell('ended', 1_000, { transaction: { by: 'station', id: 'tx2' } });
    assert.deepEqual(billedWh(), [100, 100]);
    assert.deepEqual(reasons(), ['fault', 'driver']);
  });

  it('whose end never comes: a station that starts anew and does not go on with them has lost them', async () => {
    await accepted();
    await tell('began', 100);
    rig.pass(MINUTE_MS);
    await tell('moved', 200);
    await rig.desk.booted('st1', { vendor: 'v', model: 'm' });
    rig.pass(9 * MINUTE_MS);
    await rig.round();
    assert.deepEqual(reasons(), [undefined]);
    rig.pass(2 * MINUTE_MS);
    await rig.round();
    assert.deepEqual(rig.billed(), [{ milliWh: mWh(100), reason: 'power-cut' }]);
    // What it brings of them afterwards is named, and nobody's.
    await tell('ended', 260);
    assert.deepEqual(billedWh(), [100]);
    assert.deepEqual(await rig.unbilled(), { 'after-end': mWh(60) });
  });

  it('go on after a start of the station that has not lost them', async () => {
    await accepted();
    await tell('began', 100);
    await rig.desk.booted('st1', { vendor: 'v', model: 'm' });
    rig.pass(9 * MINUTE_MS);
    await tell('moved', 200);
    rig.pass(9 * MINUTE_MS);
    await rig.round();
    await tell('ended', 300);
    assert.deepEqual(rig.billed(), [{ milliWh: mWh(200), reason: 'driver' }]);
  });

  it('of a station that falls silent end where it was last heard', async () => {
    await accepted();
    await tell('began', 100);
    rig.pass(MINUTE_MS);
    await tell('moved', 200);
    rig.pass(13 * HOUR_MS);
    await rig.round();
    assert.deepEqual(rig.billed(), [{ milliWh: mWh(100), reason: 'fault' }]);
  });

  it('that come while a silent station is given up keep its transaction', async () => {
    await accepted();
    await tell('began', 100);
    rig.pass(13 * HOUR_MS);
    await Promise.all([tell('moved', 200), rig.round()]);
    assert.deepEqual(reasons(), [undefined]);
  });

  it('of a transaction that began offline, after the price was shown, are billed from its begin', async () => {
    await accepted();
    const began = messageOf('began', 100, { isOffline: true });
    rig.pass(2 * MINUTE_MS);
    await send({ ...began, receivedAtMs: rig.time.nowMs });
    rig.pass(MINUTE_MS);
    await tell('ended', 250);
    assert.deepEqual(billedWh(), [150]);
    const [session] = rig.gateway.sessions.values();
    assert.equal(session?.start.atMs, BEGIN_MS + 1_000);
  });

  it('of a transaction that began offline and came after the offer: from when it is authorised, at the price that was shown', async () => {
    await accepted();
    const began = messageOf('began', 100, { isOffline: true });
    rig.pass(HOUR_MS);
    await send({ ...began, receivedAtMs: rig.time.nowMs });
    rig.pass(1_000);
    await tell('moved', 3_100);
    rig.pass(MINUTE_MS);
    await tell('ended', 3_200);
    assert.deepEqual(billedWh(), [100]);
    assert.deepEqual(await rig.unbilled(), { 'before-consent': mWh(3_000) });
  });

  it('of a transaction that began offline by a list of the station’s own are refused after the fact, and stopped', async () => {
    const began = messageOf('began', 100, { isOffline: true });
    rig.pass(HOUR_MS);
    const { status } = await send({ ...began, receivedAtMs: rig.time.nowMs });
    assert.equal(status, 'not-allowed-here');
    await rig.round();
    assert.deepEqual(rig.told, ['stop st1 tx1']);
    await tell('ended', 3_100);
    assert.deepEqual(billedWh(), []);
    assert.deepEqual(await rig.unbilled(), { 'no-consent': mWh(3_000) });
  });

  it('of a token that home refuses are stopped, unbilled, with the energy named', async () => {
    rig.gateway.moods.refusesSwipes = 'CUSTOMER_BLOCKED';
    assert.equal((await tell('began', 100)).status, 'blocked');
    await rig.round();
    assert.deepEqual(rig.told, ['stop st1 tx1']);
    rig.pass(MINUTE_MS);
    await tell('ended', 130);
    assert.deepEqual(billedWh(), []);
    assert.deepEqual(await rig.unbilled(), { refused: mWh(30) });
  });

  it('of a transaction that was over before anybody could authorise it are unbilled', async () => {
    const began = messageOf('began', 100, { isOffline: true });
    const ended = messageOf('ended', 900, { isOffline: true, atMs: rig.time.nowMs + 30 * MINUTE_MS });
    rig.pass(HOUR_MS);
    await send({ ...ended, receivedAtMs: rig.time.nowMs });
    await send({ ...began, receivedAtMs: rig.time.nowMs });
    assert.deepEqual(billedWh(), []);
    assert.deepEqual(await rig.unbilled(), { 'over-before-authorised': mWh(800) });
  });

  it('of a number that we never gave are of nobody: what charges is stopped, what flowed is named', async () => {
    const transaction = { by: 'us', number: 4_711 } as const;
    await tell('moved', 100, { transaction });
    rig.pass(11_000);
    await rig.round();
    assert.deepEqual(rig.told, ['stop st1 4711']);
    await tell('ended', 120, { transaction });
    rig.pass(11 * MINUTE_MS);
    await rig.round();
    assert.deepEqual(billedWh(), []);
    assert.deepEqual(await rig.unbilled(), { 'began-missing': mWh(20) });
  });

  it('of somebody whom nobody names are of nobody: a cable that is plugged in may stay, what charges is stopped', async () => {
    const { token: _none, ...plugged } = messageOf('began', 100);
    await send(plugged);
    rig.pass(HOUR_MS);
    await rig.round();
    assert.deepEqual(rig.told, []);
    await tell('moved', 200);
    rig.pass(11_000);
    await rig.round();
    assert.deepEqual(rig.told, ['stop st1 tx1']);
    await tell('ended', 230);
    assert.deepEqual(billedWh(), []);
    assert.deepEqual(await rig.unbilled(), { 'no-token': mWh(130) });
  });

  it('of 2.x that name the driver after the cable is in begin with that', async () => {
    const { token: _none, ...plugged } = messageOf('began', 100);
    await send(plugged);
    rig.pass(MINUTE_MS);
    await accepted();
    await tell('moved', 100, { token: CARD });
    rig.pass(MINUTE_MS);
    await tell('ended', 200);
    assert.deepEqual(billedWh(), [100]);
    const [session] = rig.gateway.sessions.values();
    assert.equal(session?.start.atMs, BEGIN_MS + MINUTE_MS + 1_000);
  });

  it('of an earlier transaction, told later, end nothing that runs', async () => {
    const early = messageOf('began', 50, {
      isOffline: true,
      transaction: { by: 'station', id: 'tx0' },
    });
    rig.pass(HOUR_MS);
    await accepted();
    await tell('began', 100);
    rig.pass(MINUTE_MS);
    await send({ ...early, receivedAtMs: rig.time.nowMs });
    await rig.round();
    assert.deepEqual(stops(), [], 'it is over by what runs, and nothing is to be stopped');
    await tell('ended', 250);
    assert.deepEqual(rig.billed(), [{ milliWh: mWh(150), reason: 'driver' }]);
  });

  it('that name no transaction are of the one that runs at the outlet', async () => {
    await accepted();
    const transaction = await begin16(100);
    rig.pass(MINUTE_MS);
    const { transaction: _none, ...moved } = messageOf('moved', 180);
    await send(moved);
    assert.equal(rig.gateway.received.filter(({ path }) => path.endsWith('/reports')).length, 1);
    rig.pass(MINUTE_MS);
    await tell('ended', 200, { transaction });
    assert.deepEqual(billedWh(), [100]);
    const { transaction: _nothing, ...idle } = messageOf('moved', 200);
    assert.deepEqual(await send(idle), { texts: [] });
  });
});
