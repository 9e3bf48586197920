import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { base64Of, concat, fromBase64, fromBase64Url, fromHex, utf8 } from './bytes.ts';
import { Unreadable } from './failure.ts';
import { canonical, parseCanonical } from './json.ts';
import { nodePrimitives } from './node/primitives.ts';
import { leadsTo, rootOf } from './tree.ts';
import { webPrimitives } from './web-primitives.ts';

describe('what the verifier is made of', () => {
  it('hashes in browsers as Node does, whatever the length', () => {
    for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1_000, 100_000]) {
      const bytes = randomBytes(length);
      assert.equal(
        Buffer.from(webPrimitives.sha256(bytes)).toString('hex'),
        createHash('sha256').update(bytes).digest('hex'),
        `${length} bytes`,
      );
    }
  });

  it('verifies a signature alike by Node’s and by the browser’s means, and takes no key that is no point', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    const point = concat(Uint8Array.of(4), fromBase64Url(x), fromBase64Url(y));
    const message = utf8('a bill');
    const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const no = Uint8Array.from(point, (byte, at) => (at === 5 ? byte ^ 1 : byte));
    for (const { verify } of [nodePrimitives, webPrimitives]) {
      assert.equal(await verify(point, signature, message), true);
      assert.equal(await verify(point, signature, utf8('a bilk')), false);
      assert.equal(await verify(no, signature, message), false);
    }
  });

  it('leads from each entry of a tree to its root, and from no other place or entry', () => {
    const entries = Array.from({ length: 11 }, (_, index) => utf8(`entry ${index}`));
    for (const size of [1, 2, 3, 7, 8, 11]) {
      const all = entries.slice(0, size);
      const root = rootOf(nodePrimitives, all);
      for (const [index, entry] of all.entries()) {
        const way = { index, size, path: pathIn(all, index) };
        assert.equal(leadsTo(nodePrimitives, entry, way, root), true, `${index} of ${size}`);
        assert.equal(leadsTo(nodePrimitives, utf8('another'), way, root), false);
        assert.equal(leadsTo(nodePrimitives, entry, { ...way, index: index + 1 }, root), false);
        assert.equal(leadsTo(nodePrimitives, entry, { ...way, path: [...way.path, root] }, root), false);
      }
    }
  });

  it('reads one spelling of base64, hex and JSON', () => {
    assert.deepEqual([...fromBase64('AQI=')], [1, 2]);
    for (const text of ['AQJ=', 'AQI', 'AQ I=', 'AQI=\n', 'AR=='])
      assert.throws(() => fromBase64(text), Unreadable);
    for (const text of ['0A', '0', 'zz']) assert.throws(() => fromHex(text), Unreadable);
    assert.equal(base64Of(randomBytes(70_000)).length, 93_336);
    assert.equal(canonical({ b: 1n, a: [null, 'é', true], c: undefined }), '{"a":[null,"é",true],"b":"1"}');
    for (const text of [
      '{"b":1,"a":2}',
      '{"a":1.5}',
      '{"a": 1}',
      '{"a":"\\u0061"}',
      '{"a":1,"a":1}',
      '"\\ud800"',
      '1e3',
    ])
      assert.throws(() => parseCanonical(text, 'it'), Unreadable, text);
    assert.deepEqual(parseCanonical('{"a":"\\\\ud"}', 'it'), { a: '\\ud' });
  });
});

/** The siblings of an entry, by the definition of the tree's halves. */
const pathIn = (entries: readonly Uint8Array[], index: number): Uint8Array[] => {
  if (entries.length === 1) return [];
  let left = 1;
  while (left * 2 < entries.length) left *= 2;
  const [one, other] = [entries.slice(0, left), entries.slice(left)];
  return index < left
    ? [...pathIn(one, index), rootOf(nodePrimitives, other)]
    : [...pathIn(other, index - left), rootOf(nodePrimitives, one)];
};
