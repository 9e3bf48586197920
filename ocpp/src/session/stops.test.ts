import assert from 'node:assert/strict';
import { MINUTE_MS } from './testing/rig.ts';
import { mWh, authorize, messageOf, tell, stops, rig } from './testing/the-rig.ts';

describe('a station that is told to stop', () => {
  beforeEach(() => rig.clear());

  it('is told so of a transaction that was closed and still charges, until it ends it', async () => {
    await authorize();
    rig.pass(1_000);
    await tell('began', 100);
    await rig.desk.booted('st1', { vendor: 'v', model: 'm' });
    rig.pass(11 * MINUTE_MS);
    await rig.round();
    assert.deepEqual(rig.billed(), [{ milliWh: 0n, reason: 'power-cut' }]);
    await tell('moved', 100);
    await rig.round();
    assert.deepEqual(stops(), [], 'nothing flows');
    rig.pass(MINUTE_MS);
    await tell('moved', 200);
    await rig.round();
    await rig.round();
    assert.deepEqual(stops(), ['stop st1 tx1']);
    rig.pass(1_000);
    await tell('moved', 210);
    await rig.round();
    assert.equal(stops().length, 1, 'it has time to do so');
    rig.pass(31_000);
    await rig.round();
    assert.equal(stops().length, 2);
    await tell('moved', 220);
    await tell('ended', 230);
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
      await tell('began', 100);
      await rig.round();
      rig.pass(10 * MINUTE_MS);
      await rig.round();
      assert.equal(mute, 1);
    } finally {
      rig.commander.stop = stop;
    }
    const elsewhere = messageOf('began', 100, { outlet: { evse: 3 } });
    await rig.desk.transaction('bare', elsewhere);
    await rig.round();
    assert.deepEqual(stops(), ['stop bare tx1']);
  });

  it('is told so of a number that it was never given, each time that it uses it', async () => {
    const transaction = { by: 'us', number: -1 } as const;
    for (const wh of [100, 500]) {
      await tell('moved', wh, { transaction });
      rig.pass(11_000);
      await rig.round();
      await tell('ended', wh + 20, { transaction });
      rig.pass(11 * MINUTE_MS);
      await rig.round();
    }
    assert.deepEqual(stops(), ['stop st1 -1', 'stop st1 -1']);
  });

  it('is told so of an id that it uses again without a price, and is billed for one with it', async () => {
    await authorize();
    rig.pass(1_000);
    await tell('began', 100);
    rig.pass(MINUTE_MS);
    await tell('ended', 150);
    rig.pass(MINUTE_MS);
    await tell('began', 150);
    await rig.round();
    assert.deepEqual(stops(), ['stop st1 tx1']);
    await tell('ended', 150);
    await authorize();
    rig.pass(MINUTE_MS);
    await tell('began', 150);
    rig.pass(MINUTE_MS);
    await tell('ended', 180);
    assert.deepEqual(
      rig.billed().map(({ milliWh }) => milliWh),
      [mWh(50), mWh(30)],
    );
  });
});
