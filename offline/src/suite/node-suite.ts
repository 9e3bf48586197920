import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createPublicKey,
  hkdfSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { NODE_VERIFIER } from './node-verifier.ts';
import { TAG_BYTES, type Agreement, type PublicKey, type Signer, type Suite } from './suite.ts';

const CURVE = 'prime256v1';
const CIPHER = 'aes-128-gcm';

/** One's own half of an agreement, new or kept: its private number, 32 bytes. */
const halfOf = (kept?: Uint8Array): Agreement => {
  const own = createECDH(CURVE);
  if (kept === undefined) own.generateKeys();
  else own.setPrivateKey(kept);
  return {
    point: new Uint8Array(own.getPublicKey()),
    agree: (otherPoint) => {
      try {
        return Promise.resolve(new Uint8Array(own.computeSecret(otherPoint)));
      } catch {
        return Promise.resolve(undefined);
      }
    },
  };
};

/** A half that is kept, as of a reader for whom records are sealed. @throws Error for what is no private number of the curve */
export const agreementOf = (privateKey: Uint8Array): Agreement => halfOf(privateKey);

/** Node's own cryptography, in this thread: the way through a pool costs more than a verification. */
export const NODE_SUITE: Suite = {
  ...NODE_VERIFIER,
  newAgreement: () => Promise.resolve(halfOf()),
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
