import assert from 'node:assert/strict';
import fc from 'fast-check';
import { unwrap } from '../result/index.ts';
import {
  addEnergy,
  averagePower,
  durationOfEnergyMs,
  energyBetween,
  energyOfPower,
  energyWh,
  formatKWh,
  parseKWh,
  powerW,
} from './energy.ts';

const energy = fc.bigInt({ min: 0n, max: 10n ** 12n }).map((value) => unwrap(energyWh(value)));
const siteEnergy = fc.bigInt({ min: 0n, max: 10n ** 9n }).map((value) => unwrap(energyWh(value)));
const power = fc.bigInt({ min: 1n, max: 10n ** 7n }).map((value) => unwrap(powerW(value)));
const elapsed = fc.integer({ min: 0, max: 10 ** 9 });

describe('energy and power', () => {
  it('are never negative, and the refusal says which', () => {
    const noEnergy = energyWh(-1n);
    const noPower = powerW(-1n);
    assert.ok(!noEnergy.ok && noEnergy.error.code === 'ENERGY_NEGATIVE');
    assert.ok(!noPower.ok && noPower.error.code === 'POWER_NEGATIVE');
  });

  it('of a register that ran backwards is refused, and forwards it adds up again', () => {
    fc.assert(
      fc.property(energy, energy, (a, b) => {
        const between = energyBetween(a, b);
        assert.equal(between.ok, b >= a);
        if (between.ok) assert.equal(addEnergy(a, between.value), b);
      }),
    );
  });

  it('follows power over time with the named rounding', () => {
    const sevenKW = unwrap(powerW(7_400n));
    assert.equal(energyOfPower(sevenKW, 3_600_000, 'half-even'), 7_400n);
    assert.equal(energyOfPower(sevenKW, 1_000, 'down'), 2n);
    assert.equal(energyOfPower(sevenKW, 1_000, 'up'), 3n);
    assert.equal(energyOfPower(sevenKW, 0, 'up'), 0n);
    assert.equal(averagePower(unwrap(energyWh(11_000n)), 1_800_000, 'half-even'), 22_000n);
  });

  it('splits of a time lose less than one watt-hour when each rounds down', () => {
    fc.assert(
      fc.property(power, elapsed, elapsed, (p, a, b) => {
        const whole = energyOfPower(p, a + b, 'down');
        const parts = addEnergy(energyOfPower(p, a, 'down'), energyOfPower(p, b, 'down'));
        assert.ok(parts <= whole && whole <= parts + 1n);
      }),
    );
  });

  it('takes the time that delivers it and not a millisecond more', () => {
    fc.assert(
      fc.property(siteEnergy, power, (e, p) => {
        const takesMs = durationOfEnergyMs(e, p);
        assert.ok(energyOfPower(p, takesMs, 'down') >= e);
        if (takesMs > 0) assert.ok(energyOfPower(p, takesMs - 1, 'down') < e);
      }),
    );
  });

  it('throws on durations that are none', () => {
    const one = unwrap(powerW(1n));
    for (const bad of [-1, 0.5, Number.NaN]) assert.throws(() => energyOfPower(one, bad, 'down'), RangeError);
    assert.throws(() => averagePower(unwrap(energyWh(1n)), 0, 'down'), RangeError);
    assert.throws(() => durationOfEnergyMs(unwrap(energyWh(1n)), unwrap(powerW(0n))), RangeError);
    assert.throws(() => durationOfEnergyMs(unwrap(energyWh(10n ** 10n)), one), RangeError);
  });

  it('reads back the kilowatt-hours it writes', () => {
    fc.assert(fc.property(energy, (e) => unwrap(parseKWh(formatKWh(e))) === e));
    assert.equal(unwrap(parseKWh('12.345')), 12_345n);
    const tooFine = parseKWh('0.0005');
    assert.ok(!tooFine.ok && tooFine.error.code === 'DECIMAL_TOO_PRECISE');
    assert.equal(unwrap(parseKWh('0.0005', 'half-up')), 1n);
    const negative = parseKWh('-1');
    assert.ok(!negative.ok && negative.error.code === 'ENERGY_NEGATIVE');
  });
});
