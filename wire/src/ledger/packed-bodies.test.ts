import assert from 'node:assert/strict';
import { brotliCompressSync } from 'node:zlib';
import { canonicalJson } from '../codec/canonical-json.ts';
import { LEDGER_LIMITS } from './envelope.ts';
import { packBodies, unpackBodies } from './packed-bodies.ts';

const holding = (text: string): string =>
  canonicalJson({
    bodies: brotliCompressSync(text).toString('base64'),
    encoding: 'br',
    type: 'packedBodies',
    version: 1,
  });

describe('packed bodies', () => {
  it('give back what was packed, in its order, characters of every size included', () => {
    const bodies = [{ a: 'ü€😀', n: 1 }, { a: '', n: 2 }, { nested: [{ b: null }] }].map(canonicalJson);
    assert.deepEqual(unpackBodies(packBodies(bodies)), { ok: true, value: bodies });
    assert.deepEqual(unpackBodies(packBodies(bodies.slice(1, 2))), { ok: true, value: bodies.slice(1, 2) });
  });

  it('take a fraction of the room of bodies that are alike', () => {
    const texts = Array.from({ length: 100 }, (_, index) =>
      canonicalJson({ sessionId: `session-${index}`, stationId: 'duk-1', tariffId: 'USDUK-tou' }),
    );
    assert.ok(packBodies(texts).length < texts.join().length / 4);
  });

  it('are canonical JSON themselves', () => {
    const text = packBodies(['{"a":1}']);
    assert.equal(text, canonicalJson(JSON.parse(text) as never));
  });

  const malformed: readonly (readonly [what: string, text: string])[] = [
    ['no JSON', '{'],
    ['a bare array', '[]'],
    ['another encoding', packBodies([]).replace('"br"', '"gzip"')],
    ['what is no base64', packBodies([]).replace(/"bodies":"[^"]*"/, '"bodies":"*"')],
    ['what is not compressed', packBodies([]).replace(/"bodies":"[^"]*"/, '"bodies":"AAAA"')],
  ];
  for (const [what, text] of malformed) {
    it(`refuse ${what}`, () => {
      const unpacked = unpackBodies(text);
      assert.equal(!unpacked.ok && unpacked.error.code, 'PACKED_MALFORMED');
    });
  }

  it('never unpack to more than a command may carry', () => {
    const unpacked = unpackBodies(holding(' '.repeat(LEDGER_LIMITS.unpackedBytes + 1)));
    assert.equal(!unpacked.ok && unpacked.error.code, 'PACKED_TOO_LARGE');
  });
});
