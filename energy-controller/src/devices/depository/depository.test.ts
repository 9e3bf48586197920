import assert from 'node:assert/strict';
import { makeKeys, DeviceStage } from '../simulator/stage.ts';
import { depository } from './device.ts';

const driver = makeKeys();
const technician = makeKeys();
const stranger = makeKeys();

const make = () =>
  depository({
    badges: [
      { id: 'badge-7', role: 'driver', publicKey: driver.verifies },
      { id: 'badge-1', role: 'technician', publicKey: technician.verifies },
    ],
  });

const show = (badgeId: string, keys: { privateKey: string }) => ({
  do: 'show-badge',
  badgeId,
  key: keys.privateKey,
});

const start = () => DeviceStage.start(make);

describe('the blade depository (SITE-9)', () => {
  let rig: Awaited<ReturnType<typeof start>>;
  beforeEach(async () => {
    rig = await start();
    await rig.pass(100);
  });
  afterEach(() => rig.close());

  const lamps = async () => {
    const { led1, led2 } = await rig.world();
    return `${String(led1)} ${String(led2)}`;
  };
  const swapOf = async (...serials: string[]) => {
    await rig.act(show('badge-7', driver));
    await rig.act({ do: 'open' });
    await rig.act({ do: 'take-spare' });
    await rig.act({ do: 'put-faulty', serials });
    await rig.act({ do: 'shut' });
  };

  it('opens to a badge, shows with lamps what is inside, and tells the control centre of a faulty blade once', async () => {
    assert.equal(rig.state, 'closed');
    assert.equal(await lamps(), 'green green');
    await rig.act(show('badge-7', driver));
    assert.equal(rig.state, 'released');
    await rig.act({ do: 'open' });
    await rig.act({ do: 'take-spare' });
    assert.equal(await lamps(), 'green green', 'one is left');
    await rig.act({ do: 'put-faulty', serials: ['blade-31'] });
    assert.equal(await lamps(), 'green red');
    await rig.act({ do: 'shut' });
    assert.equal((await rig.world())['latch'], 'locked');
    await rig.pass(3_600_000, 60_000);
    const told = await rig.told();
    assert.deepEqual(
      told.map(({ kind, deviceId, siteId, facts }) => ({ kind, deviceId, siteId, facts })),
      [
        {
          kind: 'FAULTY_BLADE_INSIDE',
          deviceId: 'depository-1',
          siteId: 'site-1',
          facts: { spares: '1', faulty: '1', serial: 'blade-31' },
        },
      ],
    );
    await swapOf('blade-32');
    assert.equal(await lamps(), 'red red', 'no spare is left');
    await rig.act(show('badge-1', technician));
    await rig.act({ do: 'open' });
    await rig.act({ do: 'take-faulty', serial: 'blade-31' });
    assert.equal(await lamps(), 'red red');
    await rig.act({ do: 'take-faulty', serial: 'blade-32' });
    await rig.act({ do: 'put-spare' });
    assert.equal(await lamps(), 'green green');
    await rig.act({ do: 'shut' });
    assert.deepEqual(await rig.codes(), ['FAULTY_BLADE_INSIDE', 'FAULTY_BLADE_INSIDE']);
  });

  it('stays shut for a wrong badge, one that was overheard and one that nobody knows, and logs each', async () => {
    await rig.act(show('badge-7', stranger));
    await rig.act(show('badge-9', stranger));
    assert.equal(rig.state, 'closed');
    await assert.rejects(() => rig.act({ do: 'open' }), /the door is locked/);
    await rig.act(show('badge-7', driver));
    await rig.pass(31_000);
    assert.equal(rig.state, 'closed', 'nobody opened');
    await rig.act({ do: 'replay-badge' });
    assert.equal(rig.state, 'closed');
    assert.equal((await rig.world())['opened'], 0);
    const badges = rig.driver.view().log.filter(({ event }) => event.startsWith('badge'));
    assert.deepEqual(
      badges.map(({ event }) => event),
      ['badge-refused', 'badge-refused', 'badge', 'badge-refused'],
    );
    assert.equal(new Set(badges.map(({ who }) => who)).size, 2);
    assert.ok(badges.every(({ who }) => who !== undefined && !who.includes('badge')));
    for (let i = 0; i < 9; i += 1) await rig.act(show('badge-7', stranger));
    assert.deepEqual(await rig.codes(), ['BADGES_REFUSED'], 'ten in a row');
  });

  it('tells of a door that was left open or forced once each, and of two blades at once twice', async () => {
    await rig.act(show('badge-7', driver));
    await rig.act({ do: 'open' });
    await rig.pass(600_000, 10_000);
    assert.equal(rig.state, 'left-open');
    assert.deepEqual(await rig.codes(), ['DOOR_LEFT_OPEN']);
    await rig.act({ do: 'put-faulty', serials: ['a', 'b'] });
    await rig.act({ do: 'shut' });
    await rig.act({ do: 'force' });
    rig.restart();
    await rig.pass(600_000, 10_000);
    assert.equal(rig.state, 'forced');
    await rig.act({ do: 'take-faulty', serial: 'a' });
    await rig.act({ do: 'shut' });
    assert.deepEqual(await rig.codes(), [
      'DOOR_LEFT_OPEN',
      'FAULTY_BLADE_INSIDE',
      'FAULTY_BLADE_INSIDE',
      'DOOR_FORCED',
      'FAULTY_BLADE_TAKEN',
    ]);
  });

  it('goes on with a swap that a power cut interrupted, and counts what came meanwhile once', async () => {
    await rig.act(show('badge-7', driver));
    await rig.act({ do: 'open' });
    await rig.act({ do: 'take-spare' });
    await rig.act({ do: 'cut-power' });
    assert.equal(rig.state, 'checking');
    assert.equal((await rig.world())['latch'], 'locked');
    await rig.act({ do: 'put-faulty', serials: ['blade-31'] });
    rig.restart();
    await rig.act({ do: 'restore-power' });
    assert.equal(rig.state, 'open');
    await rig.act({ do: 'shut' });
    assert.equal(await lamps(), 'green red');
    assert.deepEqual(await rig.codes(), ['FAULTY_BLADE_INSIDE']);
  });

  it('tells once that the device does not answer, and locks itself when its controller is away', async () => {
    await rig.act(show('badge-7', driver));
    assert.equal((await rig.world())['latch'], 'released');
    rig.nowMs += 5_000;
    assert.equal((await rig.world())['latch'], 'locked', 'the order ran out');
    await rig.act({ do: 'cut-power' });
    await rig.pass(600_000, 10_000);
    assert.equal(rig.state, 'away');
    assert.deepEqual(await rig.codes(), ['DEVICE_AWAY']);
    await rig.act({ do: 'restore-power' });
    assert.equal(rig.state, 'closed');
  });

  it('tells of blades that came or went while the door was shut, or nobody looked', async () => {
    /** Somebody who is quicker than the controller looks. */
    const steal = async (action: Readonly<Record<string, unknown>>) => {
      for (const done of [{ do: 'force' }, action, { do: 'shut' }]) await rig.hands.act(done, rig.nowMs);
    };
    await steal({ do: 'take-spare' });
    await rig.pass(200);
    assert.equal(rig.state, 'closed');
    assert.deepEqual(await rig.codes(), ['CONTENTS_CHANGED_SHUT']);
    await steal({ do: 'put-faulty', serials: ['blade-31'] });
    rig.restart();
    await rig.pass(200);
    assert.deepEqual(await rig.codes(), [
      'CONTENTS_CHANGED_SHUT',
      'FAULTY_BLADE_INSIDE',
      'CONTENTS_CHANGED_UNSEEN',
    ]);
    const [, , unseen] = await rig.told();
    assert.deepEqual(unseen?.facts, { spares: '1', faulty: '1' });
    rig.restart();
    await rig.pass(200);
    assert.equal((await rig.codes()).length, 3, 'what was seen is told once');
  });
});
