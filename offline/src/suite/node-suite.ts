import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createPublicKey,
  ECDH,
  hkdfSync,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { COORDINATE_BYTES, TAG_BYTES, type PublicKey, type Signer, type Suite } from './suite.ts';

/** First byte of an encoded point: whole, or only x with y even or odd. Spec: SEC 1 §2.3.3. */
const [WHOLE, EVEN, ODD] = [4, 2, 3];
const CURVE = 'prime256v1';
const CIPHER = 'aes-128-gcm';

/** Throws for an x that no point of the curve has. */
const wholeOf = ({ x, y }: PublicKey): Buffer => {
  if (typeof y !== 'boolean') return Buffer.concat([Uint8Array.of(WHOLE), x, y]);
  const short = Buffer.concat([Uint8Array.of(y ? ODD : EVEN), x]);
  return ECDH.convertKey(short, CURVE, undefined, undefined, 'uncompressed') as Buffer;
};

const keyObjectOf = (key: PublicKey): KeyObject => {
  const whole = wholeOf(key);
  const part = (from: number): string => whole.subarray(from, from + COORDINATE_BYTES).toString('base64url');
  return createPublicKey({
    key: { kty: 'EC', crv: 'P-256', x: part(1), y: part(1 + COORDINATE_BYTES) },
    format: 'jwk',
  });
};

/** Node's own cryptography, in this thread: the way through a pool costs more than a verification. */
export const NODE_SUITE: Suite = {
  verify: (key, signed, signature) => {
    try {
      const by = { key: keyObjectOf(key), dsaEncoding: 'ieee-p1363' as const };
      return Promise.resolve(verify('sha256', signed, by, signature));
    } catch {
      return Promise.resolve(false);
    }
  },
  sha256: (bytes) => Promise.resolve(new Uint8Array(createHash('sha256').update(bytes).digest())),
  newAgreement: () => {
    const own = createECDH(CURVE);
    const point = new Uint8Array(own.generateKeys());
    return Promise.resolve({
      point,
      agree: (otherPoint) => {
        try {
          return Promise.resolve(new Uint8Array(own.computeSecret(otherPoint)));
        } catch {
          return Promise.resolve(undefined);
        }
      },
    });
  },
  derive: (secret, salt, info, length) =>
    Promise.resolve(new Uint8Array(hkdfSync('sha256', secret, salt, info, length))),
  seal: ({ key, nonce, beside }, plain) => {
    const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(beside);
    return Promise.resolve(
      new Uint8Array(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])),
    );
  },
  open: ({ key, nonce, beside }, sealed) => {
    if (sealed.length < TAG_BYTES) return Promise.resolve(undefined);
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(beside)
      .setAuthTag(sealed.subarray(-TAG_BYTES));
    try {
      const plain = Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
      return Promise.resolve(new Uint8Array(plain));
    } catch {
      return Promise.resolve(undefined);
    }
  },
  random: (length) => new Uint8Array(randomBytes(length)),
};

/** The public half of a P-256 key. @throws RangeError for a key of another curve */
export const publicKeyOf = (key: KeyObject): PublicKey & { readonly y: Uint8Array } => {
  const { crv, x, y } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  if (crv !== 'P-256' || x === undefined || y === undefined) throw new RangeError('not a key of P-256');
  return { x: new Uint8Array(Buffer.from(x, 'base64url')), y: new Uint8Array(Buffer.from(y, 'base64url')) };
};

/** Signs with a private P-256 key. */
export const signerOf = (key: KeyObject, kid: Uint8Array): Signer => ({
  kid,
  sign: (bytes) => Promise.resolve(new Uint8Array(sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }))),
});
