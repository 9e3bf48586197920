import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalJson, type JsonValue } from './canonical-json.ts';
import { canonicalOf, type WireValue } from './canonical-value.ts';

const leaf = fc.oneof(fc.string(), fc.maxSafeInteger(), fc.boolean(), fc.bigInt(), fc.constant(null));
const { value } = fc.letrec<{ value: WireValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

const encoded = (each: WireValue): JsonValue => {
  if (typeof each === 'bigint') return each.toString();
  if (Array.isArray(each)) return (each as readonly WireValue[]).map(encoded);
  if (typeof each === 'object' && each !== null)
    return Object.fromEntries(Object.entries(each).map(([key, member]) => [key, encoded(member)]));
  return each as JsonValue;
};

describe('the canonical text of a value', () => {
  it('is the canonical JSON of what its codecs would encode', () => {
    fc.assert(fc.property(value, (each) => canonicalOf(each) === canonicalJson(encoded(each))));
  });

  it('leaves out members that are undefined, and refuses what is no safe integer', () => {
    assert.equal(canonicalOf({ b: 1n, a: undefined }), '{"b":"1"}');
    for (const odd of [0.5, Number.NaN, 2 ** 53]) assert.throws(() => canonicalOf(odd), TypeError);
  });
});
