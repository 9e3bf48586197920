import assert from 'node:assert/strict';
import { privateKeyOf } from '../proof.ts';
import { makeKeys, DeviceStage } from '../simulator/stage.ts';
import { line } from './device.ts';

const transmitter = makeKeys();
const receiver = makeKeys();
const stranger = makeKeys();

const make = () =>
  line({
    transmitter: { id: 'tx-1', privateKey: privateKeyOf(transmitter.privateKey) },
    receiver: { id: 'rx-1', publicKey: receiver.verifies },
  });
const RECEIVER = {
  do: 'receiver',
  id: 'rx-1',
  key: receiver.privateKey,
  transmitterKey: transmitter.publicKey,
};

const start = () => DeviceStage.start(make);

describe('the fault-managed line (SITE-11)', () => {
  let rig: Awaited<ReturnType<typeof start>>;
  beforeEach(async () => {
    rig = await start();
    rig.looks = { forMs: 8, everyMs: 1 };
    await rig.act(RECEIVER);
  });
  afterEach(() => rig.close());

  const ask = async (type: string) => {
    const asked = await rig.driver.ask({ type }, rig.nowMs);
    return asked.ok ? 'ok' : asked.refusal.code;
  };
  const pulses = async () => Number((await rig.world())['pulses']);
  const live = async () => {
    assert.equal(await ask('on'), 'ok');
    await rig.pass(40, 1);
    assert.equal(rig.state, 'live');
  };

  it('gives nothing until both ends proved themselves, then a pulse and a test, one after the other', async () => {
    await rig.pass(1_000, 10);
    assert.equal(await pulses(), 0);
    await live();
    const before = await pulses();
    assert.ok(before > 0);
    await rig.pass(400, 1);
    const after = await pulses();
    assert.ok(after - before >= 75 && after - before <= 100, `${after - before} pulses of 4 ms in 400`);
    assert.equal(await ask('off'), 'ok');
    await rig.pass(400, 4);
    assert.ok((await pulses()) <= after + 1);
    const { pulsesUntrusted } = await rig.world();
    assert.equal(pulsesUntrusted, 0);
  });

  for (const [is, code] of [
    ['contact', 'LINE_CONTACT'],
    ['line-fault', 'LINE_FAULT'],
  ] as const)
    it(`is off before the next pulse after a ${is}, and on again only when both ends proved themselves anew`, async () => {
      await live();
      for (const phase of [0, 3]) {
        await rig.pass(8 + phase, 1);
        const touched = await pulses();
        await rig.act({ do: 'fault', is });
        assert.equal(rig.state, 'tripped');
        assert.equal(await pulses(), touched, `phase ${phase}`);
        await rig.pass(200, 10);
        const { pulsesInFault, faultyPulse } = await rig.world();
        assert.deepEqual({ pulsesInFault, faultyPulse }, { pulsesInFault: 0, faultyPulse: touched });
        await ask('on');
        await rig.pass(100, 1);
        assert.equal(rig.state, 'tripped', 'the test before the first pulse is bad, too');
        await rig.act({ do: 'fault', is: null });
        await rig.pass(200, 10);
        assert.equal(await pulses(), touched, 'not by itself');
        await live();
        assert.ok((await pulses()) > touched);
      }
      const { log } = rig.driver.view();
      const ons = log.filter(({ to, from }) => to === 'live' && from !== 'live');
      assert.ok(
        ons.length >= 3 && ons.every(({ from, event }) => `${from} ${event}` === 'proving receiver-trusts'),
      );
      assert.deepEqual([...new Set(await rig.codes())], [code]);
    });

  it('stays off for a receiver that is another, one that takes us for another, and none', async () => {
    const wrong: readonly (readonly [change: object, code: string])[] = [
      [{ key: stranger.privateKey }, 'RECEIVER_REFUSED'],
      [{ id: 'rx-2' }, 'RECEIVER_REFUSED'],
      [{ transmitterKey: stranger.publicKey }, 'TRANSMITTER_REFUSED'],
    ];
    for (const [change] of wrong) {
      await rig.act({ ...RECEIVER, ...change });
      await ask('on');
      await rig.pass(2_500, 50);
      assert.equal(rig.state, 'off');
    }
    assert.deepEqual(
      await rig.codes(),
      wrong.map(([, code]) => code),
    );
    assert.equal(await pulses(), 0);
    await rig.act(RECEIVER);
    await live();
  });

  it('gives no pulse more when its controller dies, and none by itself when it is back', async () => {
    await live();
    const before = await pulses();
    rig.nowMs += 60_000;
    const { pulses: after, isTrusting } = await rig.world();
    assert.deepEqual({ after, isTrusting }, { after: before, isTrusting: false });
    rig.restart();
    await rig.pass(1_000, 10);
    assert.equal(rig.state, 'off');
    assert.equal(await pulses(), before);
    await live();
  });

  it('is off when the receiver leaves', async () => {
    await live();
    await rig.act({ do: 'unplug-receiver' });
    assert.equal(rig.state, 'off');
    assert.deepEqual(await rig.codes(), ['RECEIVER_LEFT']);
  });
});
