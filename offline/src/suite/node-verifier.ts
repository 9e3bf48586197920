import { createHash, createPublicKey, ECDH, verify, type KeyObject } from 'node:crypto';
import { COORDINATE_BYTES, type PublicKey, type Suite } from './suite.ts';

/** First byte of an encoded point: whole, or only x with y even or odd. Spec: SEC 1 §2.3.3. */
const [WHOLE, EVEN, ODD] = [4, 2, 3];
const CURVE = 'prime256v1';

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

/** What it takes to judge what others signed: no randomness, and the same everywhere. In this thread: the way through a pool costs more than a verification. */
export const NODE_VERIFIER: Pick<Suite, 'verify' | 'sha256'> = {
  verify: (key, signed, signature) => {
    try {
      const by = { key: keyObjectOf(key), dsaEncoding: 'ieee-p1363' as const };
      return Promise.resolve(verify('sha256', signed, by, signature));
    } catch {
      return Promise.resolve(false);
    }
  },
  sha256: (bytes) => Promise.resolve(new Uint8Array(createHash('sha256').update(bytes).digest())),
};
