import assert from 'node:assert/strict';
import { BEGIN_MS, CARD, MINUTE_MS, report } from './testing/rig.ts';
import { mWh, accepted, send, messageOf, tell, begin16, billedWh, rig } from './testing/the-rig.ts';

const HOUR_MS = 3_600_000;

describe('clocks and registers of stations', () => {
  beforeEach(() => rig.clear());

  it('of 1.6 that were kept offline, which it does not say, are dated by when they were', async () => {
    await accepted();
    const transaction = await begin16(100);
    rig.pass(10 * MINUTE_MS);
    const { atMs, ...ended } = messageOf('ended', 300, { transaction });
    rig.pass(3 * HOUR_MS);
    await send({ ...ended, atMs, receivedAtMs: rig.time.nowMs });
    const [session] = rig.gateway.sessions.values();
    assert.equal(session?.readings.at(-1)?.atMs, atMs);
    assert.deepEqual(billedWh(), [200]);
  });

  it('of a clock that jumps back, or ahead, or is a day off are dated by when they come', async () => {
    for (const jumpMs of [-10 * MINUTE_MS, 10 * MINUTE_MS, -24 * HOUR_MS]) {
      await rig.clear();
      await accepted();
      await tell('began', 100);
      rig.pass(MINUTE_MS);
      await tell('moved', 200, { atMs: rig.time.nowMs + jumpMs });
      rig.pass(MINUTE_MS);
      await tell('ended', 300, { atMs: rig.time.nowMs + jumpMs });
      assert.deepEqual(billedWh(), [200], `${jumpMs}`);
      const [session] = rig.gateway.sessions.values();
      const { readings = [] } = session ?? {};
      assert.deepEqual(
        readings.map(({ atMs }) => atMs - BEGIN_MS - 1_000),
        [0, MINUTE_MS, 2 * MINUTE_MS],
      );
    }
  });

  it('of an offline end are dated by the station’s clock and what that was behind', async () => {
    await accepted();
    const behindMs = 40_000;
    await tell('began', 100, { atMs: rig.time.nowMs - behindMs });
    rig.pass(10 * MINUTE_MS);
    const ended = messageOf('ended', 300, { isOffline: true, atMs: rig.time.nowMs - behindMs });
    const endMs = rig.time.nowMs;
    rig.pass(3 * HOUR_MS);
    await send({ ...ended, receivedAtMs: rig.time.nowMs });
    assert.deepEqual(billedWh(), [200]);
    const [session] = rig.gateway.sessions.values();
    assert.equal(session?.readings.at(-1)?.atMs, endMs);
  });

  it('of an offline end of a clock that is ahead are dated by what it said live', async () => {
    await accepted();
    const aheadMs = 30 * MINUTE_MS;
    await tell('began', 100, { atMs: rig.time.nowMs + aheadMs });
    rig.pass(10 * MINUTE_MS);
    const ended = messageOf('ended', 300, { isOffline: true, atMs: rig.time.nowMs + aheadMs });
    const endMs = rig.time.nowMs;
    rig.pass(3 * HOUR_MS);
    await send({ ...ended, receivedAtMs: rig.time.nowMs });
    const [session] = rig.gateway.sessions.values();
    assert.equal(session?.readings.at(-1)?.atMs, endMs);
  });

  it('of a register that was reset: each stretch counts for what it moved by', async () => {
    await accepted();
    await tell('began', 50_000);
    for (const wh of [50_100, 0, 40, 90]) {
      rig.pass(MINUTE_MS);
      await tell('moved', wh);
    }
    rig.pass(MINUTE_MS);
    await tell('ended', 100);
    assert.deepEqual(billedWh(), [200]);
  });

  it('of a register that jumps: what the outlet cannot have carried is refused and named', async () => {
    await accepted();
    await tell('began', 50_000);
    for (const wh of [50_100, 90_100, 90_150]) {
      rig.pass(MINUTE_MS);
      await tell('moved', wh);
    }
    rig.pass(MINUTE_MS);
    await tell('ended', 90_200);
    assert.deepEqual(billedWh(), [200]);
    assert.deepEqual(await rig.unbilled(), { 'register-jump': mWh(40_000) });
  });

  it('of a register that leaps with the station’s clock are refused: it was no hour here', async () => {
    await accepted();
    await tell('began', 100);
    rig.pass(MINUTE_MS);
    await tell('moved', 200);
    rig.pass(MINUTE_MS);
    await tell('ended', 5_200, { atMs: rig.time.nowMs + HOUR_MS });
    assert.deepEqual(billedWh(), [100]);
    assert.deepEqual(await rig.unbilled(), { 'register-jump': mWh(5_000) });
  });

  it('of one message are dated inside of the transaction, however old the station says they are', async () => {
    await accepted();
    await tell('began', 100);
    rig.pass(MINUTE_MS);
    const at = (wh: number, atMs: number) =>
      ({ atMs, registerMilliWh: mWh(wh), direction: 'import', context: 'between' }) as const;
    const readings = [at(100, rig.time.nowMs - 24 * HOUR_MS), at(9_000, rig.time.nowMs)];
    await tell('ended', undefined, { readings });
    assert.deepEqual(billedWh(), [0]);
    assert.deepEqual(await rig.unbilled(), { 'register-jump': mWh(8_900) });
  });

  it('of a register that shows more than anybody can keep hold up no end', async () => {
    await accepted();
    await tell('began', 50_000);
    rig.pass(MINUTE_MS);
    await tell('moved', 50_100);
    rig.pass(MINUTE_MS);
    await send(report(rig, 'ended', 2n ** 64n));
    assert.deepEqual(billedWh(), [100]);
    assert.deepEqual(await rig.unbilled(), { 'register-jump': 2n ** 63n - 1n });
  });

  it('of a transaction that is closed and goes on are named in full, step by step', async () => {
    await accepted();
    await tell('began', 100);
    rig.pass(MINUTE_MS);
    await tell('ended', 200);
    for (const wh of [260, 310, 330]) {
      rig.pass(MINUTE_MS);
      await tell('moved', wh);
    }
    assert.deepEqual(billedWh(), [100]);
    assert.deepEqual(await rig.unbilled(), { 'after-end': mWh(130) });
  });

  it('of a begin that is told after the session opened put before it what flowed before the driver agreed', async () => {
    const began = messageOf('began', 100, { isOffline: true });
    rig.pass(MINUTE_MS);
    await accepted();
    await tell('moved', 200, { token: CARD });
    rig.pass(1_000);
    await send({ ...began, receivedAtMs: rig.time.nowMs });
    rig.pass(MINUTE_MS);
    await tell('ended', 300);
    assert.deepEqual(billedWh(), [100]);
    assert.deepEqual(await rig.unbilled(), { 'before-consent': mWh(100) });
  });

  it('of a begin that is told before the session opened, by a driver who was named after it, put it before too', async () => {
    rig.gateway.moods.driverConsent = 'required';
    const began = messageOf('began', 100, { isOffline: true });
    rig.pass(MINUTE_MS);
    await accepted();
    await tell('moved', 200, { token: CARD });
    await send({ ...began, receivedAtMs: rig.time.nowMs });
    assert.equal(rig.gateway.sessions.size, 0);
    rig.gateway.moods.isDeviceGiven = true;
    rig.pass(30_000);
    await rig.round();
    assert.equal(rig.gateway.sessions.size, 1);
    await tell('ended', 300);
    assert.deepEqual(billedWh(), [100]);
    assert.deepEqual(await rig.unbilled(), { 'before-consent': mWh(100) });
  });

  it('of a driver who was named at the begin count from there, however late its register is told', async () => {
    await accepted();
    const beganMs = rig.time.nowMs;
    await tell('began', undefined);
    rig.pass(MINUTE_MS);
    await tell('moved', 200);
    rig.pass(MINUTE_MS);
    const at = (wh: number, atMs: number, context: 'begin' | 'end') =>
      ({ atMs, registerMilliWh: mWh(wh), direction: 'import', context }) as const;
    const readings = [at(100, beganMs, 'begin'), at(300, rig.time.nowMs, 'end')];
    await tell('ended', 300, { readings });
    assert.deepEqual(billedWh(), [200]);
  });

  it('without any register bill no energy, and what the register showed before never counts', async () => {
    await accepted();
    await tell('began', undefined);
    rig.pass(MINUTE_MS);
    await tell('moved', 8_000_000);
    rig.pass(MINUTE_MS);
    await tell('ended', 8_000_100);
    assert.deepEqual(billedWh(), [100]);
    rig.pass(MINUTE_MS);
    await accepted();
    const transaction = { by: 'station', id: 'tx2' } as const;
    await tell('began', undefined, { transaction });
    rig.pass(MINUTE_MS);
    await tell('ended', 8_000_900, { transaction });
    assert.deepEqual(billedWh(), [100, 0]);
  });

  it('of energy that a car gives back are kept and not billed', async () => {
    await accepted();
    await tell('began', 100);
    rig.pass(MINUTE_MS);
    const gave = (registerMilliWh: bigint) =>
      ({ atMs: rig.time.nowMs, registerMilliWh, direction: 'export', context: 'between' }) as const;
    await tell('moved', 200, { readings: [gave(mWh(7_000))] });
    rig.pass(MINUTE_MS);
    await tell('ended', 150, { readings: [gave(mWh(7_090))] });
    assert.deepEqual(billedWh(), [0]);
    const { body } = await rig.store.db
      .selectFrom('station_transaction')
      .select('body')
      .executeTakeFirstOrThrow();
    const { exported } = body as {
      exported: { begin: { registerMilliWh: string }; last: { registerMilliWh: string } };
    };
    assert.deepEqual([exported.begin.registerMilliWh, exported.last.registerMilliWh], ['7000000', '7090000']);
  });
});
