import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isMissing, registersOf, thousandthsOf } from './numbers.ts';

const HIGH = 'high-first';
const LOW = 'low-first';

/** Registers as devices send them. */
const TOLD: readonly (readonly [
  what: string,
  shape: Parameters<typeof thousandthsOf>[0],
  words: readonly number[],
  power: number,
  thousandths: bigint,
])[] = [
  ['a signed word', { type: 'int16', words: HIGH }, [0xfffe], 0, -2_000n],
  ['an unsigned word', { type: 'uint16', words: HIGH }, [0xfffe], 0, 65_534_000n],
  ['tens of watts', { type: 'int16', words: HIGH }, [0x8ad0], 1, -300_000_000n],
  ['tenths of a volt', { type: 'uint16', words: HIGH }, [2_301], -1, 230_100n],
  ['what is finer than a thousandth, half even', { type: 'uint16', words: HIGH }, [25], -4, 2n],
  ['two words', { type: 'int32', words: HIGH }, [0xffff, 0xfff6], 0, -10_000n],
  ['two words with the low one first', { type: 'int32', words: LOW }, [0xfff6, 0xffff], 0, -10_000n],
  ['four words', { type: 'uint64', words: HIGH }, [0, 0, 1, 0], 0, 65_536_000n],
  ['a float', { type: 'float32', words: HIGH }, [0x4366, 0x3333], 0, 230_200n],
  ['a float with the low word first', { type: 'float32', words: LOW }, [0x3333, 0x4366], 0, 230_200n],
];

describe('registers of a device', () => {
  for (const [what, shape, words, power, thousandths] of TOLD)
    it(`read as ${what}`, () => {
      assert.equal(thousandthsOf(shape, words, power), thousandths);
    });

  it('have no value where a float is none', () => {
    assert.equal(thousandthsOf({ type: 'float32', words: HIGH }, [0x7f80, 0], 0), undefined);
  });

  it('say that they are not implemented as SunSpec has it', () => {
    const missing = (type: 'int16' | 'uint16' | 'int32' | 'uint32' | 'float32', ...words: number[]) =>
      isMissing({ type, words: HIGH }, words);
    assert.ok(missing('int16', 0x8000) && missing('uint16', 0xffff));
    assert.ok(missing('int32', 0x8000, 0) && missing('uint32', 0xffff, 0xffff));
    assert.ok(missing('float32', 0x7fc0, 0));
    assert.ok(!missing('int16', 0xffff) && !missing('uint16', 0x8000));
  });

  it('come back as what was written, for every type, order and scale', () => {
    const shape = fc.record({
      type: fc.constantFrom('int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64'),
      words: fc.constantFrom(HIGH, LOW),
    });
    fc.assert(
      fc.property(
        shape,
        fc.integer({ min: 0, max: 65_535 }),
        fc.integer({ min: -3, max: 3 }),
        (as, told, power) => {
          const thousandths = BigInt(told) * 10n ** BigInt(power + 3);
          const words = registersOf(as, thousandths, power);
          if (as.type === 'int16' && told > 32_767) assert.equal(words, undefined);
          else assert.equal(thousandthsOf(as, words ?? [], power), thousandths);
        },
      ),
    );
  });

  it('refuse what does not fit', () => {
    assert.equal(registersOf({ type: 'uint16', words: HIGH }, -1_000n, 0), undefined);
    assert.equal(registersOf({ type: 'int16', words: HIGH }, 32_768_000n, 0), undefined);
  });
});
