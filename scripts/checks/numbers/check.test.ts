import assert from 'node:assert/strict';
import { join } from 'node:path';
import { checkNumbers } from './check.ts';
import { namesMoneyOrEnergy } from './names.ts';

const FIXTURE = join(import.meta.dirname, '..', 'fixtures', 'numbers');

describe('the check that numbers hold no money or energy', function () {
  this.timeout(60_000);

  it('finds every kind of declaration that breaks it, and takes what keeps it', () => {
    const { problems, covered } = checkNumbers(FIXTURE, ['station', 'wire']);
    assert.equal(covered, '3 files');
    assert.deepEqual(
      problems.map(({ file, line, rule }) => `${file}:${line ?? ''} ${rule}`).sort(),
      [
        ...[1, 2, 3, 4, 6, 7, 8, 9, 10, 13, 14, 18, 19, 20, 24, 24, 25].map(
          (line) => `station/src/wrong.ts:${line} number-money`,
        ),
        'station/src/wrong.ts:25 check-allow',
        'station/src/wrong.ts:26 check-allow',
        ...[4, 5, 6, 8].map((line) => `wire/src/schema.ts:${line} number-money`),
      ].sort(),
    );
  });

  it('knows a unit at the end of a name from other letters', () => {
    for (const name of [
      'totalMicros',
      'micros',
      'priceMicrosPerKWh',
      'maxW',
      'peakKW',
      'energyWh',
      'kWh',
      'a_wh',
      'MAX_W',
    ]) {
      assert.ok(namesMoneyOrEnergy(name), name);
    }
    for (const name of [
      'draw',
      'forecastMw',
      'loadMW',
      'W',
      'validUntilMs',
      'microsText',
      'window',
      'flow',
      'row',
      'Wh',
    ]) {
      assert.ok(!namesMoneyOrEnergy(name), name);
    }
  });
});
