import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { compareUtf8, sortedValues } from './order.ts';

describe('order of keys', () => {
  it('is that of the UTF-8 bytes, for any two strings', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        assert.equal(Math.sign(compareUtf8(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 2000 },
    );
  });

  it('differs from the order of JavaScript where a surrogate meets a private-use character', () => {
    const map = new Map(['\u{10000}', '\ufffd', 'a'].map((key) => [key, key]));
    assert.deepEqual(sortedValues(map), ['a', '\ufffd', '\u{10000}']);
    assert.deepEqual([...map.keys()].sort(), ['a', '\u{10000}', '\ufffd']);
  });
});
