import assert from 'node:assert/strict';
import { makeKeys, DeviceStage } from '../simulator/stage.ts';
import { lift } from './device.ts';

const technician = makeKeys();
const driver = makeKeys();

const make = () =>
  lift({
    badges: [
      { id: 'badge-1', role: 'technician', publicKey: technician.verifies },
      { id: 'badge-7', role: 'driver', publicKey: driver.verifies },
    ],
  });

const start = () => DeviceStage.start(make);

describe('the lift of the blades (SITE-9)', () => {
  let rig: Awaited<ReturnType<typeof start>>;
  beforeEach(async () => {
    rig = await start();
    await rig.pass(100);
  });
  afterEach(() => rig.close());

  const ask = async (type: string) => {
    const asked = await rig.driver.ask({ type }, rig.nowMs);
    return asked.ok ? 'ok' : asked.refusal.code;
  };
  const release = () => rig.act({ do: 'show-badge', badgeId: 'badge-1', key: technician.privateKey });
  const depth = async () => (await rig.world())['depthMm'];
  const up = async () => {
    await release();
    assert.equal(await ask('raise'), 'ok');
    await rig.pass(30_000, 100);
  };

  it('rises only with the hatch released by a technician, and goes four feet down', async () => {
    assert.equal(rig.state, 'lowered');
    assert.equal(await ask('raise'), 'CONDITION_NOT_MET');
    await rig.act({ do: 'show-badge', badgeId: 'badge-7', key: driver.privateKey });
    assert.equal(await ask('raise'), 'CONDITION_NOT_MET');
    await release();
    assert.equal(await ask('raise'), 'ok');
    assert.equal(await ask('raise'), 'ok', 'asked twice is asked once');
    assert.equal(await ask('lower'), 'NOT_POSSIBLE_NOW');
    await rig.pass(30_000, 100);
    assert.equal(rig.state, 'raised');
    assert.ok(Math.abs(Number(await depth())) <= 20);
    assert.equal(await ask('lower'), 'ok');
    await rig.pass(30_000, 100);
    assert.equal(rig.state, 'lowered');
    const { depthMm, hatch, motor, raisedLockedMm } = await rig.world();
    assert.ok(Math.abs(Number(depthMm) - 1_219) <= 5, `${String(depthMm)} mm`);
    assert.deepEqual({ hatch, motor, raisedLockedMm }, { hatch: 'locked', motor: 'stop', raisedLockedMm: 0 });
    assert.deepEqual(await rig.codes(), []);
  });

  it('stops at what it meets and goes back to where it came from, up and down', async () => {
    await release();
    await rig.act({ do: 'block', atMm: 600 });
    await ask('raise');
    await rig.pass(13_000, 100);
    assert.equal(rig.state, 'halted');
    assert.equal((await rig.world())['motor'], 'stop');
    await rig.pass(30_000, 100);
    assert.equal(rig.state, 'lowered');
    assert.ok(Number((await rig.world())['highestMm']) >= 600);
    await rig.act({ do: 'block', atMm: null });
    await up();
    await rig.act({ do: 'block', atMm: 600 });
    await ask('lower');
    await rig.pass(40_000, 100);
    assert.equal(rig.state, 'raised');
    assert.deepEqual(await rig.codes(), ['LIFT_OBSTRUCTED', 'LIFT_OBSTRUCTED']);
  });

  it('stands when its end switches disagree, until an operator has cleared it, also over a restart', async () => {
    const stuck: readonly (readonly [end: 'top' | 'bottom', is: boolean])[] = [
      ['top', true],
      ['bottom', false],
    ];
    for (const [end, is] of stuck) {
      await rig.act({ do: 'stick', end, is });
      assert.equal(rig.state, 'fault', `${end} says ${is}`);
      rig.restart();
      await rig.pass(100);
      assert.equal(await ask('raise'), 'NOT_POSSIBLE_NOW');
      assert.deepEqual(rig.driver.view().possible, ['clear-fault']);
      await rig.act({ do: 'stick', end, is: null });
      assert.equal(await ask('clear-fault'), 'ok');
      await rig.pass(100);
      assert.equal(rig.state, 'lowered');
    }
    assert.deepEqual(await rig.codes(), ['END_SWITCHES_DISAGREE', 'LIFT_MOVED']);
  });

  it('goes down when the hatch is locked under way, and stands within a second when its controller dies', async () => {
    await release();
    await ask('raise');
    await rig.pass(5_000, 100);
    const before = Number(await depth());
    rig.nowMs += 60_000;
    assert.ok(before - Number(await depth()) <= 50, 'a second at 50 mm a second');
    assert.equal((await rig.world())['motor'], 'stop');
    rig.restart();
    await rig.pass(100);
    assert.equal(rig.state, 'between');
    await release();
    await ask('raise');
    await rig.pass(1_000, 100);
    await rig.act({ do: 'hold-hatch', locked: true });
    assert.equal(rig.state, 'halted');
    await rig.pass(30_000, 100);
    assert.equal(rig.state, 'lowered');
    const { raisedLockedMm } = await rig.world();
    assert.ok(Number(raisedLockedMm) <= 5, `${String(raisedLockedMm)} mm before anybody looked`);
    assert.deepEqual(await rig.codes(), ['HATCH_LOCKED_UNDER_WAY']);
  });

  it('releases its hatch to no wrong badge, logs each, and tells of ten in a row once', async () => {
    const wrong = async (count: number) => {
      for (let i = 0; i < count; i += 1)
        await rig.act({
          do: 'show-badge',
          badgeId: i % 2 === 0 ? 'badge-1' : 'badge-9',
          key: driver.privateKey,
        });
    };
    await wrong(9);
    assert.equal(await ask('raise'), 'CONDITION_NOT_MET');
    assert.equal((await rig.world())['hatch'], 'locked');
    await release();
    await wrong(9);
    assert.deepEqual(await rig.codes(), [], 'a good one between them');
    await wrong(1);
    const told = await rig.told();
    assert.deepEqual(
      told.map(({ kind, code }) => `${kind} ${code}`),
      ['TAMPER BADGES_REFUSED'],
    );
    const refused = rig.driver.view().log.filter(({ event }) => event === 'badge-refused');
    assert.equal(refused.length, 19);
    assert.equal(new Set(refused.map(({ who }) => who)).size, 2);
    assert.ok(refused.every(({ who }) => who !== undefined && !who.includes('badge')));
  });

  it('stands and tells when it is stuck: on its way back, below a locked hatch, and short of its end', async () => {
    const cleared = async (state: string) => {
      assert.equal(rig.state, 'fault');
      assert.equal((await rig.world())['motor'], 'stop');
      assert.equal(await ask('clear-fault'), 'ok');
      await rig.pass(100);
      assert.equal(rig.state, state);
    };
    await release();
    await rig.act({ do: 'block', atMm: 600 });
    await ask('raise');
    await rig.pass(13_000, 100);
    await rig.act({ do: 'block', atMm: 900 });
    await rig.pass(20_000, 100);
    await cleared('between');

    await rig.act({ do: 'block', atMm: null });
    await ask('raise');
    await rig.pass(30_000, 100);
    await rig.act({ do: 'block', atMm: 600 });
    await ask('lower');
    await rig.pass(12_300, 100);
    assert.equal(rig.state, 'halted');
    await rig.act({ do: 'hold-hatch', locked: true });
    await rig.pass(2_000, 100);
    await cleared('between');

    await rig.act({ do: 'block', atMm: null });
    await rig.act({ do: 'hold-hatch', locked: false });
    await rig.act({ do: 'stick', end: 'top', is: false });
    await release();
    await ask('raise');
    await rig.pass(61_000, 100);
    await cleared('between');
    assert.deepEqual(await rig.codes(), [
      ...['LIFT_OBSTRUCTED', 'LIFT_STUCK'],
      ...['LIFT_OBSTRUCTED', 'LIFT_STUCK'],
      'LIFT_STUCK',
    ]);
  });
});
