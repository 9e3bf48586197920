import type { webcrypto } from 'node:crypto';
import { COORDINATE_BYTES, POINT_BYTES, type PublicKey, type Signer, type Suite } from './suite.ts';

/** Web Crypto: a phone's browser, whose private keys nobody can take out. Node has it too. Spec: W3C Web Cryptography Level 2. */

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const ECDH = { name: 'ECDH', namedCurve: 'P-256' } as const;
const BITS_PER_BYTE = 8;

const { subtle } = globalThis.crypto;

/** What Web Crypto takes: bytes in a buffer that nobody shares. */
const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes);

const pointOf = ({ x, y }: PublicKey): Uint8Array<ArrayBuffer> | undefined => {
  if (typeof y === 'boolean') return undefined;
  const point = new Uint8Array(POINT_BYTES);
  point[0] = 4;
  point.set(x, 1);
  point.set(y, 1 + COORDINATE_BYTES);
  return point;
};

const orElse = <T, U>(task: Promise<T>, otherwise: U): Promise<T | U> => task.catch(() => otherwise);

const gcm = (nonce: Uint8Array, beside: Uint8Array) => ({
  name: 'AES-GCM',
  iv: own(nonce),
  additionalData: own(beside),
});

const aesKey = (key: Uint8Array, use: 'encrypt' | 'decrypt') =>
  subtle.importKey('raw', own(key), 'AES-GCM', false, [use]);

/** Keys with a whole y only: a browser knows no half a point. */
export const WEB_SUITE: Suite = {
  async verify(key, signed, signature) {
    const point = pointOf(key);
    if (point === undefined) return false;
    const by = await orElse(subtle.importKey('raw', point, ECDSA, false, ['verify']), undefined);
    const how = { name: 'ECDSA', hash: 'SHA-256' };
    return by !== undefined && orElse(subtle.verify(how, by, own(signature), own(signed)), false);
  },
  async sha256(bytes) {
    return new Uint8Array(await subtle.digest('SHA-256', own(bytes)));
  },
  async newAgreement() {
    const pair = await subtle.generateKey(ECDH, false, ['deriveBits']);
    return {
      point: new Uint8Array(await subtle.exportKey('raw', pair.publicKey)),
      async agree(otherPoint) {
        const other = await orElse(subtle.importKey('raw', own(otherPoint), ECDH, false, []), undefined);
        if (other === undefined) return undefined;
        const how = { name: 'ECDH', public: other };
        return new Uint8Array(
          await subtle.deriveBits(how, pair.privateKey, COORDINATE_BYTES * BITS_PER_BYTE),
        );
      },
    };
  },
  async derive(secret, salt, info, length) {
    const key = await subtle.importKey('raw', own(secret), 'HKDF', false, ['deriveBits']);
    const how = { name: 'HKDF', hash: 'SHA-256', salt: own(salt), info: own(info) };
    return new Uint8Array(await subtle.deriveBits(how, key, length * BITS_PER_BYTE));
  },
  async seal({ key, nonce, beside }, plain) {
    return new Uint8Array(await subtle.encrypt(gcm(nonce, beside), await aesKey(key, 'encrypt'), own(plain)));
  },
  async open({ key, nonce, beside }, sealed) {
    const plain = await orElse(
      subtle.decrypt(gcm(nonce, beside), await aesKey(key, 'decrypt'), own(sealed)),
      undefined,
    );
    return plain && new Uint8Array(plain);
  },
  random: (length) => globalThis.crypto.getRandomValues(new Uint8Array(length)),
};

/** A key that this browser holds and does not give away. */
export interface HeldKey {
  readonly signer: Signer;
  readonly key: PublicKey & { readonly y: Uint8Array };
}

/** A new key of a phone, whose private half cannot be taken out of the browser. */
export const newHeldKey = async (kid: Uint8Array): Promise<HeldKey> => {
  const pair = await subtle.generateKey(ECDSA, false, ['sign', 'verify']);
  return heldKey(pair, kid);
};

/** A pair that was kept, as in IndexedDB. */
export const heldKey = async (pair: webcrypto.CryptoKeyPair, kid: Uint8Array): Promise<HeldKey> => {
  const point = new Uint8Array(await subtle.exportKey('raw', pair.publicKey));
  return {
    key: { x: point.slice(1, 1 + COORDINATE_BYTES), y: point.slice(1 + COORDINATE_BYTES) },
    signer: {
      kid,
      async sign(bytes) {
        const how = { name: 'ECDSA', hash: 'SHA-256' };
        return new Uint8Array(await subtle.sign(how, pair.privateKey, own(bytes)));
      },
    },
  };
};
