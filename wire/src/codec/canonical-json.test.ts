import assert from 'node:assert/strict';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson, type JsonValue } from './canonical-json.ts';

describe('canonical JSON', () => {
  it('is the same text whatever order the keys came in, and is its own canonical text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = canonicalJson(value as JsonValue);
        assert.equal(text, canonicalize(value));
        assert.equal(canonicalJson(JSON.parse(text) as JsonValue), text);
      }),
      { numRuns: 1_000 },
    );
  });

  it('orders keys by their UTF-16 code units, also those that look like numbers', () => {
    assert.equal(canonicalJson({ 9: 1, 10: 2, b: 3, a: 4 }), '{"10":2,"9":1,"a":4,"b":3}');
    assert.equal(canonicalJson({ '\u{1F600}': 1, '\uFB33': 2 }), '{"\u{1F600}":1,"\uFB33":2}');
  });

  it('refuses what JSON cannot carry', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1n]) {
      assert.throws(() => canonicalJson({ a: value } as unknown as JsonValue), String(value));
    }
  });
});
