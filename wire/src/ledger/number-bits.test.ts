import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bitsText, firstOfRange, NumberBits, RANGE_NUMBERS, rangeOf } from './number-bits.ts';

const sets = fc.tuple(
  fc.integer({ min: 1, max: 2_000_000_000 }),
  fc.uniqueArray(fc.integer({ min: 0, max: RANGE_NUMBERS - 1 }), { maxLength: 300 }),
);

describe('a set of session numbers', () => {
  it('reads as it was written, in ascending order, in one text of few bytes', () => {
    fc.assert(
      fc.property(sets, ([first, offsets]) => {
        const bits = new NumberBits(first);
        for (const offset of offsets) bits.add(first + offset);
        const read = new NumberBits(first, bits.text);
        const numbers = offsets.map((offset) => first + offset).sort((a, b) => a - b);
        assert.deepEqual(read.numbers(), numbers);
        assert.equal(read.text, bits.text);
        assert.equal(read.count, numbers.length);
        assert.ok(bitsText.safeParse(bits.text).success);
        for (const number of numbers) assert.ok(read.has(number));
      }),
    );
  });

  it('has nothing outside its span, takes nothing there, and a longer text adds nothing', () => {
    const bits = new NumberBits(10);
    assert.ok(!bits.has(9) && !bits.has(10 + RANGE_NUMBERS));
    assert.throws(() => {
      bits.add(9);
    }, RangeError);
    assert.throws(() => {
      bits.add(10 + RANGE_NUMBERS);
    }, RangeError);
    const long = Buffer.alloc(RANGE_NUMBERS / 8 + 1, 0xff).toString('base64');
    assert.equal(new NumberBits(10, long).count, RANGE_NUMBERS);
    assert.equal(new NumberBits(10).text, '');
  });

  it('lies in ranges that begin where the last one ended', () => {
    for (const range of [0, 1, 1_048_575]) {
      assert.equal(rangeOf(firstOfRange(range)), range);
      assert.equal(rangeOf(firstOfRange(range) + RANGE_NUMBERS - 1), range);
      assert.equal(rangeOf(firstOfRange(range) + RANGE_NUMBERS), range + 1);
    }
  });
});
