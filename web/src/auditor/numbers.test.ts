import assert from 'node:assert/strict';
import { NumberBits } from '@roamgrid/wire';
import { numbersOf } from './numbers.ts';

describe('numbers as bits in the browser', () => {
  it('are those that the contracts wrote', () => {
    const some = [17, 18, 24, 25, 40, 900, 2_064];
    const bits = new NumberBits(17);
    for (const number of some) bits.add(number);
    assert.deepEqual(numbersOf(17, bits.text), some);
    assert.deepEqual(numbersOf(17, ''), []);
  });
});
