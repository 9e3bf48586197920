import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { publicJwk } from '../codec/scalars.ts';
import { publicKeyOf } from '../signature/public-key.ts';
import { meterKeyId } from './meter-key.ts';

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

describe('a meter key’s id', () => {
  it('is of the key and not of its name', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicJwk.parse({ ...publicKey.export({ format: 'jwk' }), kid: 'a' });
    assert.equal(meterKeyId({ ...jwk, kid: 'b' } as typeof jwk), meterKeyId(jwk));
    assert.match(meterKeyId(jwk), /^[0-9a-f]{32}$/);
  });

  it('cannot be had twice: a coordinate has one text, though lenient readers take four', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicJwk.parse({ ...publicKey.export({ format: 'jwk' }), kid: 'a' });
    const last = BASE64URL.indexOf(jwk.x.slice(-1));
    const same = [1, 2, 3].map((bits) => ({
      ...jwk,
      x: `${jwk.x.slice(0, -1)}${BASE64URL[last + bits] ?? ''}`,
    }));
    const own = publicKeyOf(jwk).export({ format: 'jwk' });
    for (const spelt of same) {
      assert.deepEqual(publicKeyOf(spelt).export({ format: 'jwk' }), own, 'node reads the same key');
      assert.ok(!publicJwk.safeParse(spelt).success, spelt.x);
    }
  });
});
