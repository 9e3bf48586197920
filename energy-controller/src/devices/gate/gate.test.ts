import assert from 'node:assert/strict';
import { makeKeys, DeviceStage } from '../simulator/stage.ts';
import { gate } from './device.ts';

const car = makeKeys();
const blade = makeKeys();
const stranger = makeKeys();

const make = () =>
  gate({
    vehicles: new Map([['car-1', car.verifies]]),
    blades: new Map([
      ['blade-1', blade.verifies],
      ['blade-2', blade.verifies],
    ]),
  });

const CAR = { do: 'plug', id: 'car-1', key: car.privateKey };
const ROGUE = { do: 'plug', id: 'car-1', key: stranger.privateKey };
const UNPLUG = { do: 'unplug' };
const SHUT = { power: 'off', data: 'closed', block: 'off' };
const OPEN = { power: 'on', data: 'open', block: 'on' };

const start = () => DeviceStage.start(make);

describe('the gate before an outlet (SITE-10)', () => {
  let rig: Awaited<ReturnType<typeof start>>;
  beforeEach(async () => {
    rig = await start();
    rig.looks = { forMs: 20, everyMs: 20 };
    await rig.pass(20);
  });
  afterEach(() => rig.close());

  const gates = async () => {
    const { power, data, block } = await rig.world();
    return { power, data, block };
  };
  const cut = async () => Number((await rig.world())['cutAfterMs']);

  it('gives power and data to a vehicle that proves itself, asks again every half minute, and ends it with the plug', async () => {
    assert.deepEqual(await gates(), SHUT);
    await rig.act(CAR);
    assert.deepEqual(await gates(), OPEN);
    assert.equal((await rig.world())['currentMilliA'], 32_000);
    await rig.pass(65_000, 60);
    assert.deepEqual(await gates(), OPEN);
    const renewed = rig.driver.view().log.filter(({ event }) => event === 'proof-old');
    assert.equal(renewed.length, 2);
    await rig.act(UNPLUG);
    assert.deepEqual(await gates(), SHUT);
    assert.deepEqual(await rig.codes(), []);
  });

  it('gives nothing to another key or an unknown vehicle, and to one that says nothing', async () => {
    for (const rogue of [ROGUE, { ...CAR, id: 'car-2' }]) {
      await rig.act(rogue);
      assert.equal(rig.state, 'refused');
      assert.deepEqual(await gates(), SHUT);
      await rig.act(UNPLUG);
    }
    await rig.act({ ...CAR, key: '' });
    assert.equal(rig.state, 'challenging');
    await rig.pass(2_000, 50);
    assert.equal(rig.state, 'refused');
    await rig.act(UNPLUG);
    await rig.act(CAR);
    assert.deepEqual(await gates(), OPEN, 'a good one is served after them');
  });

  it('cuts power, data and block within 100 ms when a vehicle, a driver or the controller itself fails', async () => {
    await rig.act(CAR);
    await rig.act(ROGUE);
    assert.deepEqual(await gates(), SHUT);
    assert.ok((await cut()) <= 100);
    await rig.act(UNPLUG);

    await rig.act(CAR);
    await rig.act({ do: 'note-failure' });
    assert.deepEqual(await rig.driver.ask({ type: 'driver-refused' }, rig.nowMs, 'station'), { ok: true });
    assert.deepEqual(await gates(), SHUT);
    assert.ok((await cut()) <= 100);
    await rig.act(UNPLUG);

    await rig.act(CAR);
    await rig.act({ do: 'note-failure' });
    rig.nowMs += 5_000;
    assert.deepEqual(await gates(), SHUT);
    assert.ok((await cut()) <= 100, 'nobody renewed the order');
  });

  it('tells of tampering once when the tenth authentication in a row fails, whatever restarts between, and asks nobody then', async () => {
    const failures = async (count: number) => {
      for (let i = 0; i < count; i += 1) {
        await rig.act(ROGUE);
        await rig.act(UNPLUG);
        rig.restart();
        await rig.pass(20);
      }
    };
    await failures(9);
    await rig.act(CAR);
    await rig.act(UNPLUG);
    await failures(9);
    assert.deepEqual(await rig.codes(), [], 'a good one between them');
    await rig.act(ROGUE);
    assert.equal(rig.state, 'barred');
    await rig.act(UNPLUG);
    rig.restart();
    await rig.act(CAR);
    assert.equal(rig.state, 'barred');
    assert.deepEqual(await gates(), SHUT);
    const told = await rig.told();
    assert.deepEqual(
      told.map(({ kind, code }) => `${kind} ${code}`),
      ['TAMPER AUTHENTICATIONS_FAILED'],
    );
    assert.deepEqual(await rig.driver.ask({ type: 'clear' }, rig.nowMs), { ok: true });
    await rig.pass(40, 20);
    assert.deepEqual(await gates(), OPEN);
  });

  it('asks again ten minutes after the tenth failure, also when its clock was a year ahead', async () => {
    for (let i = 0; i < 10; i += 1) {
      await rig.act(ROGUE);
      await rig.act(UNPLUG);
    }
    rig.nowMs -= 365 * 86_400_000;
    rig.restart();
    await rig.pass(598_000, 99_000);
    assert.equal(rig.state, 'barred');
    await rig.pass(3_000, 1_000);
    assert.equal(rig.state, 'closed');
  });

  it('admits and cuts blades one by one', async () => {
    const blades = async () => (await rig.world())['blades'];
    await rig.act({ do: 'put-blade', id: 'blade-1', key: blade.privateKey });
    await rig.act({ do: 'put-blade', id: 'blade-2', key: blade.privateKey });
    await rig.act({ do: 'put-blade', id: 'blade-3', key: stranger.privateKey });
    await rig.act(CAR);
    assert.deepEqual(await blades(), ['blade-1', 'blade-2']);
    await rig.act(ROGUE);
    assert.deepEqual(await blades(), ['blade-1', 'blade-2'], 'a vehicle is no blade');
    assert.deepEqual(await rig.driver.ask({ type: 'cut-blade', id: 'blade-1' }, rig.nowMs), { ok: true });
    assert.deepEqual(await blades(), ['blade-2']);
    await rig.act({ do: 'take-blade', id: 'blade-2' });
    await rig.act({ do: 'put-blade', id: 'blade-2', key: stranger.privateKey });
    assert.deepEqual(await blades(), []);
    await rig.act({ do: 'take-blade', id: 'blade-1' });
    await rig.act({ do: 'put-blade', id: 'blade-1', key: blade.privateKey });
    assert.deepEqual(await blades(), ['blade-1']);
    assert.deepEqual(await rig.codes(), ['BLADE_REFUSED', 'BLADE_REFUSED']);
  });

  it('asks every blade anew after nobody looked: one that came into a slot meanwhile gets nothing', async () => {
    const blades = async () => (await rig.world())['blades'];
    for (const id of ['blade-1', 'blade-2']) await rig.act({ do: 'put-blade', id, key: blade.privateKey });
    assert.deepEqual(await blades(), ['blade-1', 'blade-2']);
    await rig.hands.act({ do: 'take-blade', id: 'blade-1' }, rig.nowMs);
    await rig.hands.act({ do: 'put-blade', id: 'blade-1', key: stranger.privateKey }, rig.nowMs);
    rig.restart();
    await rig.pass(100, 20);
    assert.deepEqual(await blades(), ['blade-2']);
    assert.deepEqual(await rig.codes(), ['BLADE_REFUSED']);
  });
});
