import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { Bytes } from '../bytes.ts';
import type { Primitives } from '../primitives.ts';

/** `SubjectPublicKeyInfo` of a point on P-256 up to the point. Spec: RFC 5480 §2. */
const SPKI_HEAD = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');

const KEYS_KEPT = 10_000;
const keys = new Map<string, KeyObject | undefined>();

const keyOf = (point: Bytes): KeyObject | undefined => {
  const id = Buffer.from(point).toString('latin1');
  if (keys.has(id)) return keys.get(id);
  if (keys.size >= KEYS_KEPT) keys.clear();
  let key: KeyObject | undefined;
  try {
    key = createPublicKey({ key: Buffer.concat([SPKI_HEAD, point]), format: 'der', type: 'spki' });
  } catch {
    // No point of the curve: nothing verifies with it.
  }
  keys.set(id, key);
  return key;
};

/** Node's own. */
export const nodePrimitives: Primitives = {
  sha256: (...parts) => {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest();
  },
  verify: (point, signature, message) => {
    const key = keyOf(point);
    return key !== undefined && verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
  },
};
