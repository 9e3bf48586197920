import assert from 'node:assert/strict';
import { CARD, MINUTE_MS, report, type Rig } from './testing/rig.ts';
import { theRig } from './testing/the-rig.ts';

const WH = 1_000n;

describe('a station that is told to stop', function () {
  this.timeout(60_000);
  let rig: Rig;
  before(async () => {
    rig = await theRig();
  });
  beforeEach(() => rig.clear());

  const tell = (...args: [Parameters<typeof report>[1], bigint | undefined, Parameters<typeof report>[3]?]) =>
    rig.desk.transaction('st1', report(rig, ...args));
  const stops = () => rig.told.filter((line) => line.startsWith('stop'));

  it('is told so of a transaction that was closed and still charges, until it ends it', async () => {
    await rig.desk.authorize('st1', { token: CARD, atMs: rig.time.nowMs });
    rig.pass(1_000);
    await tell('began', 100n * WH);
    await rig.desk.booted('st1', { vendor: 'v', model: 'm' });
    rig.pass(11 * MINUTE_MS);
    await rig.round();
    assert.deepEqual(rig.billed(), [{ milliWh: 0n, reason: 'power-cut' }]);
    await tell('moved', 100n * WH);
    await rig.round();
    assert.deepEqual(stops(), [], 'nothing flows');
    rig.pass(MINUTE_MS);
    await tell('moved', 200n * WH);
    await rig.round();
    await rig.round();
    assert.deepEqual(stops(), ['stop st1 tx1']);
    rig.pass(1_000);
    await tell('moved', 210n * WH);
    await rig.round();
    assert.equal(stops().length, 1, 'it has time to do so');
    rig.pass(31_000);
    await rig.round();
    assert.equal(stops().length, 2);
    await tell('moved', 220n * WH);
    await tell('ended', 230n * WH);
    rig.pass(10 * MINUTE_MS);
    await rig.round();
    assert.equal(stops().length, 2);
  });

  it('and does not answer holds nobody up, and is not told again before it has', async () => {
    const { stop } = rig.commander;
    let mute = 0;
    rig.commander.stop = () => {
      mute += 1;
      return new Promise(() => undefined);
    };
    try {
      await tell('began', 100n * WH);
      await rig.round();
      rig.pass(10 * MINUTE_MS);
      await rig.round();
      assert.equal(mute, 1);
    } finally {
      rig.commander.stop = stop;
    }
    const elsewhere = report(rig, 'began', 100n * WH, { outlet: { evse: 3 } });
    await rig.desk.transaction('bare', elsewhere);
    await rig.round();
    assert.deepEqual(stops(), ['stop bare tx1']);
  });

  it('is told so of a number that it was never given, each time that it uses it', async () => {
    const transaction = { by: 'us', number: -1 } as const;
    for (const wh of [100n, 500n]) {
      await tell('moved', wh * WH, { transaction });
      rig.pass(11_000);
      await rig.round();
      await tell('ended', (wh + 20n) * WH, { transaction });
      rig.pass(11 * MINUTE_MS);
      await rig.round();
    }
    assert.deepEqual(stops(), ['stop st1 -1', 'stop st1 -1']);
  });

  it('is told so of an id that it uses again without a price, and is billed for one with it', async () => {
    await rig.desk.authorize('st1', { token: CARD, atMs: rig.time.nowMs });
    rig.pass(1_000);
    await tell('began', 100n * WH);
    rig.pass(MINUTE_MS);
    await tell('ended', 150n * WH);
    rig.pass(MINUTE_MS);
    await tell('began', 150n * WH);
    await rig.round();
    assert.deepEqual(stops(), ['stop st1 tx1']);
    await tell('ended', 150n * WH);
    await rig.desk.authorize('st1', { token: CARD, atMs: rig.time.nowMs });
    rig.pass(MINUTE_MS);
    await tell('began', 150n * WH);
    rig.pass(MINUTE_MS);
    await tell('ended', 180n * WH);
    assert.deepEqual(
      rig.billed().map(({ milliWh }) => milliWh),
      [50n * WH, 30n * WH],
    );
  });
});
