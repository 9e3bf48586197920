import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readSamples } from './read-samples.ts';
import type { Sample } from './sample.ts';
import { scaled } from './scaled.ts';

const AT_MS = 1_800_000_000_000;
const read = (...samples: readonly Sample[]) => readSamples([{ atMs: AT_MS, samples }]);
const registers = (...samples: readonly Sample[]) =>
  read(...samples).readings.map(({ direction, registerMilliWh }) => `${direction} ${registerMilliWh}`);

describe('samples of a meter', () => {
  it('give registers exactly, whatever the unit, multiplier and way of writing', () => {
    const same: readonly Sample[] = [
      { value: '1234567.891' },
      { value: '1234567.8910', unit: 'Wh', measurand: 'Energy.Active.Import.Register' },
      { value: '1234.567891', unit: 'kWh' },
      { value: '1234567891', unit: 'Wh', multiplier: -3 },
      { value: '1.234567891', unit: 'kWh', multiplier: 3 },
      { value: ' +1234567.891 ', location: 'Outlet' },
      { value: '1.234567891E6' },
    ];
    for (const sample of same) assert.deepEqual(registers(sample), ['import 1234567891'], sample.value);
  });

  it('are rounded half even where they are finer than a milliwatt-hour', () => {
    assert.equal(scaled('0.0005', 3), 0n);
    assert.equal(scaled('0.0015', 3), 2n);
    assert.equal(scaled('0.00051', 3), 1n);
  });

  it('are read without a float at any length that a meter shows', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), (milliWh) => {
        const text = milliWh.toString().padStart(4, '0');
        const value = `${text.slice(0, -3)}.${text.slice(-3)}`;
        assert.deepEqual(registers({ value }), [`import ${milliWh}`]);
      }),
    );
  });

  it('give a register where they are one, of the outlet, and nowhere else', () => {
    const none: readonly Sample[] = [
      { value: '5', measurand: 'Energy.Active.Import.Interval' },
      { value: '5', measurand: 'Energy.Reactive.Import.Register', unit: 'varh' },
      { value: '5', measurand: 'Power.Active.Import', unit: 'W' },
      { value: '5', location: 'Inlet' },
      { value: '5', location: 'EV' },
      { value: '5', unit: 'varh' },
      { value: '-5' },
      { value: 'five' },
      { value: '1,5' },
      { value: 'NaN' },
      { value: '1e999' },
      { value: '18446744073709551615' },
      { value: '1000000000000.001' },
    ];
    for (const sample of none) assert.deepEqual(registers(sample), [], JSON.stringify(sample));
    assert.deepEqual(registers({ value: '7', measurand: 'Energy.Active.Export.Register' }), ['export 7000']);
  });

  it('add three phases up, and take a part of them for nothing', () => {
    const phase = (name: string, value: string): Sample => ({ value, phase: name });
    assert.deepEqual(registers(phase('L1', '1'), phase('L2', '2'), phase('L3', '3.5')), ['import 6500']);
    assert.deepEqual(registers(phase('L1-N', '1'), phase('L2-N', '2'), phase('L3-N', '3')), ['import 6000']);
    assert.deepEqual(registers(phase('L1', '1'), phase('L2', '2')), []);
    assert.deepEqual(registers(phase('L1', '1'), phase('L1', '1'), phase('L2', '2'), phase('L3', '3')), []);
    assert.deepEqual(registers({ value: '9' }, phase('L1', '1'), phase('L2', '2'), phase('L3', '3')), [
      'import 9000',
    ]);
  });

  it('say power, state of charge and where in the transaction they were taken', () => {
    const told = read(
      { value: '1', context: 'Transaction.Begin' },
      { value: '2', context: 'Transaction.End' },
      { value: '11.04', measurand: 'Power.Active.Import', unit: 'kW' },
      { value: '80.5', measurand: 'SoC', unit: 'Percent' },
      { value: '180', measurand: 'SoC', unit: 'Percent' },
    );
    assert.deepEqual(
      told.readings.map(({ context, registerMilliWh }) => [context, registerMilliWh]),
      [
        ['begin', 1_000n],
        ['end', 2_000n],
      ],
    );
    assert.equal(told.powerW, 11_040n);
    assert.equal(told.socPpm, 805_000);
  });

  it('keep what a meter signed as text, whether it came as it is or in base64', () => {
    const text = 'OCMF|{"FV":"1.0","RD":[]}|{"SD":"00"}';
    const signed = (data: string, encoding: string) => read({ signed: { data, encoding } }).signed[0];
    assert.deepEqual(signed(text, 'SignedData'), { atMs: AT_MS, text, encoding: 'OCMF', context: 'between' });
    assert.equal(signed(Buffer.from(text).toString('base64'), 'OCMF')?.text, text);
    assert.equal(signed('<signedMeterValue/>', 'EDL')?.encoding, 'EDL');
    const key = read({
      context: 'Transaction.End',
      signed: { data: text, encoding: 'OCMF', publicKey: 'K' },
    });
    assert.deepEqual([key.signed[0]?.publicKey, key.signed[0]?.context], ['K', 'end']);
    assert.deepEqual(key.readings, [], 'a signed text is no register told');
  });
});
