import assert from 'node:assert/strict';
import { DeviceStage } from '../simulator/stage.ts';
import { climate } from './device.ts';

const start = () => DeviceStage.start(climate);

describe('the climate of the blades (SITE-9)', () => {
  let rig: Awaited<ReturnType<typeof start>>;
  before(async () => {
    rig = await start();
    await rig.pass(100);
  });
  after(() => rig.close());

  const at = async (milliC: number) => {
    await rig.act({ do: 'weather', milliC });
    await rig.act({ do: 'set-temperature', milliC });
    return `${rig.state} ${String((await rig.world())['pump'])}`;
  };

  it('cools from 55 °C until 53, heats from −40 °C until −38, and rests between', async () => {
    await rig.act({ do: 'load', microKPerS: 0 });
    const course: readonly (readonly [milliC: number, expected: string])[] = [
      [20_000, 'resting circulate'],
      [54_990, 'resting circulate'],
      [55_000, 'cooling cool'],
      [53_001, 'cooling cool'],
      [53_000, 'resting circulate'],
      [54_990, 'resting circulate'],
      [56_000, 'cooling cool'],
      [-39_990, 'resting circulate'],
      [-40_000, 'heating heat'],
      [-38_001, 'heating heat'],
      [-38_000, 'resting circulate'],
      [-41_000, 'heating heat'],
      [60_000, 'cooling cool'],
      [0, 'resting circulate'],
    ];
    // At the edges to the millikelvin: the pump must not move them before anybody looks.
    for (const [milliC, expected] of course) assert.equal(await at(milliC), expected, `${milliC}`);
  });

  it('switches the blades off while its sensor is broken, tells it once, and goes on when it is well', async () => {
    assert.equal(await at(55_000), 'cooling cool');
    for (const is of ['open', 'short']) {
      await rig.act({ do: 'sensor', is });
      assert.equal(rig.state, 'sensor-failed');
      const { pump, blades } = await rig.world();
      assert.deepEqual({ pump, blades }, { pump: 'circulate', blades: 'off' });
      rig.restart();
      await rig.pass(60_000, 10_000);
    }
    assert.deepEqual(await rig.codes(), ['TEMPERATURE_UNKNOWN']);
    await rig.act({ do: 'sensor', is: 'good' });
    assert.equal((await rig.world())['blades'], 'run');
  });

  it('switches the blades off by itself when its controller is away for a minute', async () => {
    await rig.pass(1_000);
    assert.equal((await rig.world())['blades'], 'run');
    rig.nowMs += 60_000;
    assert.equal((await rig.world())['blades'], 'off');
  });
});
