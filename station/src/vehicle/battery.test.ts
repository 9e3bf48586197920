import assert from 'node:assert/strict';
import { Battery } from './battery.ts';

const spec = { capacityWh: 60_000n, initialWh: 30_000n, maxPowerW: 50_000n };

describe('a car battery', () => {
  it('takes what the outlet offers up to its own maximum', () => {
    const battery = new Battery(spec);
    assert.equal(battery.powerW(22_000n), 22_000n);
    assert.equal(battery.powerW(350_000n), 50_000n);
  });

  it('takes less and less above 80 per cent and nothing when full', () => {
    let last = 50_001n;
    const battery = new Battery({ ...spec, initialWh: 48_000n });
    while (!battery.full) {
      const power = battery.powerW(350_000n);
      assert.ok(power <= last && power >= 5_000n);
      last = power;
      battery.charge(power, 60_000);
    }
    assert.equal(battery.powerW(350_000n), 0n);
    assert.equal(battery.socPpm, 1_000_000);
  });

  it('conserves energy to the watt-millisecond', () => {
    const battery = new Battery(spec);
    let taken = 0n;
    while (!battery.full) taken += battery.charge(battery.powerW(11_000n), 7_001);
    assert.equal(taken, 30_000n * 3_600_000n);
  });
});
