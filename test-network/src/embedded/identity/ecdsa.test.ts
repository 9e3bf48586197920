import { strict as assert } from 'node:assert';
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { signLowS, verifyLowS } from './ecdsa.ts';

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

function integer(value: bigint): Buffer {
  let hex = value.toString(16);
  if (hex.length % 2 !== 0) hex = `0${hex}`;
  if (parseInt(hex.slice(0, 2), 16) >= 0x80) hex = `00${hex}`;
  return Buffer.concat([Buffer.from([2, hex.length / 2]), Buffer.from(hex, 'hex')]);
}

/** The other valid signature of the same message, with S in the upper half. */
function highTwin(der: Buffer): Buffer {
  const rLength = der[3] ?? 0;
  const r = BigInt(`0x${der.subarray(4, 4 + rLength).toString('hex')}`);
  const s = BigInt(`0x${der.subarray(6 + rLength).toString('hex')}`);
  const body = Buffer.concat([integer(r), integer(ORDER - s)]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

describe('ECDSA as Fabric takes it', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  it('every signature has a low S and verifies, and its high twin is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (message) => {
        const signature = signLowS(privateKey, message);
        assert.ok(verifyLowS(publicKey, message, signature));
        assert.ok(!verifyLowS(publicKey, message, highTwin(signature)));
        assert.ok(!verifyLowS(publicKey, Buffer.concat([message, Buffer.from([1])]), signature));
      }),
      { numRuns: 200 },
    );
  });

  it('bytes that are no signature are refused and never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        assert.equal(verifyLowS(publicKey, Buffer.from('m'), bytes), false);
      }),
    );
  });
});
