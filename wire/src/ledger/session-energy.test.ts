import assert from 'node:assert/strict';
import fc from 'fast-check';
import { energyOfGain, energySinceStart } from './session-energy.ts';
import type { MeterReading } from './session.ts';

const readingsOf = (startMilliWh: bigint, gains: readonly bigint[]): MeterReading[] => {
  let registerMilliWh = startMilliWh;
  return [0n, ...gains].map((gain, at) => {
    registerMilliWh += gain;
    return { atMs: at, registerMilliWh, charging: true };
  });
};

describe('the energy of a session', () => {
  it('is rounded to whole watt-hours, a half to the even one', () => {
    const cases: readonly [bigint, bigint][] = [
      [0n, 0n],
      [499n, 0n],
      [500n, 0n],
      [501n, 1n],
      [1_500n, 2n],
      [2_500n, 2n],
      [30_000_000n, 30_000n],
    ];
    for (const [gainedMilliWh, energyWh] of cases) assert.equal(energyOfGain(gainedMilliWh), energyWh);
  });

  it('is the rounded difference of its registers, however many readings part it, and the parts add up to it', () => {
    const gains = fc.array(fc.bigInt(0n, 5_000_000n), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 12n), gains, (startMilliWh, each) => {
        const readings = readingsOf(startMilliWh, each);
        const energies = energySinceStart(readings).map(({ energyWh }) => energyWh);
        const whole = energyOfGain(each.reduce((sum, gain) => sum + gain, 0n));
        const parts = energies.slice(1).map((energyWh, at) => energyWh - (energies[at] ?? 0n));
        assert.equal(energies[0], 0n);
        assert.equal(energies.at(-1), whole);
        assert.equal(
          parts.reduce((sum, part) => sum + part, 0n),
          whole,
        );
        assert.ok(parts.every((part) => part >= 0n));
        const ends = [readings[0], readings.at(-1)].filter((reading) => reading !== undefined);
        assert.equal(energySinceStart(ends).at(-1)?.energyWh, whole);
      }),
    );
  });

  it('does not depend on where the register stood', () => {
    const at = (startMilliWh: bigint) => energySinceStart(readingsOf(startMilliWh, [1_500n, 700n, 300n]));
    assert.deepEqual(at(999n), at(0n));
  });
});
