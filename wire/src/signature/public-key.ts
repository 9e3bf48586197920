import { createPublicKey, type KeyObject } from 'node:crypto';
import type { MeterJwk } from '../codec/meter-jwk.ts';
import { keyOfPoint } from './ocmf-curves.ts';

/** Keys of a consortium's meters, stations and utilities that are in use at once; beyond it the oldest is made anew. */
const KEPT = 4_096;

const made = new Map<string, KeyObject>();

/**
 * A public key as node uses it. Making one from its coordinates costs as much as verifying a signature with it, so the
 * last ones are kept: the same coordinates always make the same key.
 */
export const publicKeyOf = ({ kty, crv, x, y }: Omit<MeterJwk, 'kid'>): KeyObject => {
  const id = `${crv}.${x}.${y}`;
  const known = made.get(id);
  if (known !== undefined) return known;
  const key =
    crv === 'P-256'
      ? createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' })
      : keyOfPoint(crv, Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url'));
  const [oldest] = made.keys();
  if (made.size >= KEPT && oldest !== undefined) made.delete(oldest);
  made.set(id, key);
  return key;
};
