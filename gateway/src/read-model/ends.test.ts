import assert from 'node:assert/strict';
import { firstOfRange, NumberBits, RANGE_NUMBERS } from '@roamgrid/wire';
import fc from 'fast-check';
import { RecordUnreadable } from './collect.ts';
import { endedBetween } from './ends.ts';

const bitsOf = (range: number, numbers: readonly number[]): string => {
  const bits = new NumberBits(firstOfRange(range));
  for (const number of numbers) bits.add(number);
  return bits.text;
};
const RANGE = 1;
const FIRST = firstOfRange(RANGE);
const NONE = { closed: '', gone: '' };

describe('what a transaction ended', () => {
  it('is what its bits add: the first alone closes, the second alone voids, both expire', () => {
    const after = { closed: bitsOf(RANGE, [FIRST, FIRST + 2]), gone: bitsOf(RANGE, [FIRST + 1, FIRST + 2]) };
    assert.deepEqual(endedBetween(RANGE, NONE, after), [
      { state: 'closed', numbers: [FIRST] },
      { state: 'voided', numbers: [FIRST + 1] },
      { state: 'expired', numbers: [FIRST + 2] },
    ]);
    assert.deepEqual(endedBetween(RANGE, after, after), []);
  });

  it('is refused where it takes an end back or makes another of it', () => {
    const closed = { closed: bitsOf(RANGE, [FIRST]), gone: '' };
    for (const after of [
      NONE,
      { closed: closed.closed, gone: closed.closed },
      { closed: '', gone: closed.closed },
    ])
      assert.throws(() => endedBetween(RANGE, closed, after), RecordUnreadable);
  });

  it('names every number once over any chain of transactions', () => {
    const ends = fc.uniqueArray(fc.integer({ min: FIRST, max: FIRST + RANGE_NUMBERS - 1 }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(ends, fc.integer({ min: 1, max: 7 }), (numbers, step) => {
        const told: number[] = [];
        let before = NONE;
        for (let end = 0; end < numbers.length; end += step) {
          const after = { closed: bitsOf(RANGE, numbers.slice(0, end + step)), gone: '' };
          told.push(...endedBetween(RANGE, before, after).flatMap(({ numbers: ended }) => ended));
          before = after;
        }
        assert.deepEqual(
          told.sort((a, b) => a - b),
          [...numbers].sort((a, b) => a - b),
        );
      }),
    );
  });
});
