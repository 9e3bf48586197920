import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { rawSignature } from '../fabric/der.ts';
import { nodePrimitives } from '../node/index.ts';
import { readDatedKeys } from '../signature.ts';
import { webPrimitives } from '../web-primitives.ts';
import { bytesOfCurve, curveOfAlgorithm, verifyMeter } from './meter-curves.ts';

/** The name of a key’s curve, that of a statement’s algorithm, and Node’s. */
const CURVES = [
  ['P-256', 'secp256r1', 'prime256v1'],
  ['P-384', 'secp384r1', 'secp384r1'],
  ['secp192k1', 'secp192k1', 'secp192k1'],
  ['secp192r1', 'PRIME192v1', 'prime192v1'],
  ['secp256k1', 'secp256k1', 'secp256k1'],
  ['brainpoolP256r1', 'brainpool256r1', 'brainpoolP256r1'],
  ['brainpoolP384r1', 'brainpoolP384r1', 'brainpoolP384r1'],
] as const;
const MESSAGE = new TextEncoder().encode('{"FV":"1.4"}');

describe('a meter’s signature', () => {
  for (const [curve, name, node] of CURVES)
    it(`on ${curve} is found good as Node’s own library made it, and nothing else is`, async () => {
      const bytes = bytesOfCurve(curve) ?? 0;
      assert.equal(curveOfAlgorithm(`ECDSA-${name}-SHA256`), curve);
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: node });
      const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-2 * bytes - 1);
      const key = { curve, point };
      for (const host of [nodePrimitives, webPrimitives]) {
        const signature = rawSignature(sign('sha256', MESSAGE, privateKey), bytes);
        assert.equal(await verifyMeter(host, key, signature, MESSAGE), true);
        assert.equal(await verifyMeter(host, key, signature, MESSAGE.subarray(1)), false);
        const other = curve === 'secp256k1' ? 'brainpoolP256r1' : 'secp256k1';
        assert.equal(await verifyMeter(host, { ...key, curve: other }, signature, MESSAGE), false);
        for (const wrong of [new Uint8Array(2 * bytes), signature.subarray(1)])
          assert.equal(await verifyMeter(host, key, wrong, MESSAGE), false);
      }
    });

  it('is judged by no key of a curve that is nobody’s here, and by a meter’s alone on its own', () => {
    const key = { kid: 'k1', crv: 'secp256k1', x: 'A'.repeat(43), y: 'A'.repeat(43), fromMs: 0 };
    const meter = { ...key, meterId: 'M1', signedBy: 'meter' };
    assert.equal(readDatedKeys([meter], 'a meter’s key')[0]?.curve, 'secp256k1');
    assert.throws(() => readDatedKeys([key], 'a station’s key'), /on which nobody here signs/);
    assert.throws(() => readDatedKeys([{ ...meter, crv: 'P-521' }], 'a meter’s key'), /on P-521/);
    assert.throws(() => readDatedKeys([{ ...meter, crv: 'P-384' }], 'a meter’s key'), /no point of P-384/);
    assert.equal(curveOfAlgorithm('ECDSA-secp521r1-SHA512'), undefined);
  });
});
