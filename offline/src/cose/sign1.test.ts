import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { unwrap } from '@roamgrid/domain';
import { encodeCbor, type CborValue } from '../cbor/cbor.ts';
import { NODE_SUITE, publicKeyOf, signerOf } from '../suite/node-suite.ts';
import { readSign1, sign1, verifySign1 } from './sign1.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const KEYS = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const KID = bytes('0102030405060708');
const SIGNER = signerOf(KEYS.privateKey, KID);
const KEY = publicKeyOf(KEYS.publicKey);

/** The example of a signed token of RFC 8392, appendix A.3, its key of A.2.3, and the claims of A.1. */
const RFC8392 = {
  x: '143329cce7868e416927599cf65a34f3ce2ffda55a7eca69ed8919a394d42f0f',
  y: '60f7f1a780d8a783bfb7a2dd6b2796e8128dbbcef9d3d168db9529971a36e7b9',
  claims:
    'a70175636f61703a2f2f61732e6578616d706c652e636f6d02656572696b77037818636f61703a2f2f6c696768742e6578616d706c652e636f6d' +
    '041a5612aeb0051a5610d9f0061a5610d9f007420b71',
  signed:
    'd28443a10126a104524173796d6d657472696345434453413235365850a70175636f61703a2f2f61732e6578616d706c652e636f6d02656572696b77' +
    '037818636f61703a2f2f6c696768742e6578616d706c652e636f6d041a5612aeb0051a5610d9f0061a5610d9f007420b7158405427c1ff28d23fba' +
    'd1f29c4c7c6a555e601d6fa29f9179bc3d7438bacaca5acd08c8d4d4f96131680c429a01f85951ecee743a52b9b63632c57209120e1c9e30',
};

describe('COSE_Sign1', () => {
  it('verifies the signed token of RFC 8392, whose key id stands beside what is signed', async () => {
    const read = unwrap(readSign1(bytes(RFC8392.signed)));
    assert.equal(Buffer.from(read.kid).toString(), 'AsymmetricECDSA256');
    const payload = unwrap(await verifySign1(read, { x: bytes(RFC8392.x), y: bytes(RFC8392.y) }, NODE_SUITE));
    assert.equal(Buffer.from(payload).toString('hex'), RFC8392.claims);
  });

  it('takes a key by its x and the sign of y', async () => {
    const read = unwrap(readSign1(bytes(RFC8392.signed)));
    assert.ok((await verifySign1(read, { x: bytes(RFC8392.x), y: true }, NODE_SUITE)).ok);
    const other = await verifySign1(read, { x: bytes(RFC8392.x), y: false }, NODE_SUITE);
    assert.equal(!other.ok && other.error.code, 'SIGN1_BAD_SIGNATURE');
  });

  it('gives back what was signed, and nothing once any bit of it is another', async () => {
    const signed = await sign1(Buffer.from('what was said'), SIGNER);
    const verified = await verifySign1(unwrap(readSign1(signed)), KEY, NODE_SUITE);
    assert.equal(Buffer.from(unwrap(verified)).toString(), 'what was said');
    for (let bit = 0; bit < signed.length * 8; bit += 1) {
      const altered = Uint8Array.from(signed);
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const read = readSign1(altered);
      // Who verifies looks the key up by its id: an altered id is that of nobody.
      const key = read.ok && Buffer.compare(read.value.kid, KID) === 0 ? KEY : undefined;
      assert.ok(!read.ok || !(await verifySign1(read.value, key, NODE_SUITE)).ok, `bit ${bit}`);
    }
  });

  it('knows no other algorithm, and none that stands beside what is signed', () => {
    const made = (headers: [CborValue, CborValue][], beside: [CborValue, CborValue][]): Uint8Array =>
      encodeCbor([encodeCbor(new Map(headers)), new Map(beside), Buffer.from('x'), new Uint8Array(64)]);
    const codeOf = (read: ReturnType<typeof readSign1>): string => (read.ok ? 'read' : read.error.code);
    assert.equal(codeOf(readSign1(made([[1, -7], [4, KID]], []))), 'read'); // prettier-ignore
    assert.equal(codeOf(readSign1(made([[1, -35], [4, KID]], []))), 'SIGN1_ALGORITHM'); // prettier-ignore
    assert.equal(codeOf(readSign1(made([[4, KID]], [[1, -7]]))), 'SIGN1_ALGORITHM'); // prettier-ignore
    assert.equal(codeOf(readSign1(made([[1, -7], [2, [9]], [4, KID]], []))), 'SIGN1_MALFORMED'); // prettier-ignore
    assert.equal(codeOf(readSign1(made([[1, -7], [4, KID]], [[4, KID]]))), 'SIGN1_MALFORMED'); // prettier-ignore
    assert.equal(codeOf(readSign1(made([[1, -7]], []))), 'SIGN1_MALFORMED');
  });

  it('refuses another spelling of the same: longer numbers, unsorted keys, a tail, indefinite lengths', async () => {
    const signed = Buffer.from(await sign1(Buffer.from('x'), SIGNER));
    const respelled = [
      Buffer.concat([Uint8Array.of(0x98, 4), signed.subarray(1)]),
      Buffer.concat([signed, Uint8Array.of(0)]),
      Buffer.concat([Uint8Array.of(0x9f), signed.subarray(1), Uint8Array.of(0xff)]),
    ];
    for (const other of respelled) assert.ok(!readSign1(other).ok);
    const unsorted = Buffer.concat([bytes('a2'), bytes('0448'), KID, bytes('0126')]);
    assert.ok(!readSign1(encodeCbor([unsorted, new Map(), Buffer.from('x'), new Uint8Array(64)])).ok);
  });

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        readSign1(any);
      }),
      { numRuns: 2_000 },
    );
  });

  it('verifies no signature of a key that is no point of the curve', async () => {
    const read = unwrap(readSign1(await sign1(Buffer.from('x'), SIGNER)));
    for (const key of [
      { x: new Uint8Array(32), y: new Uint8Array(32) },
      { x: new Uint8Array(32).fill(255), y: true },
    ]) {
      const verified = await verifySign1(read, key, NODE_SUITE);
      assert.equal(!verified.ok && verified.error.code, 'SIGN1_BAD_SIGNATURE');
    }
    const otherCurve = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    assert.throws(
      () => publicKeyOf(createPublicKey(otherCurve.publicKey.export({ format: 'pem', type: 'spki' }))),
      RangeError,
    );
  });
});
