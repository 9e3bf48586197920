import { generateKeyPairSync } from 'node:crypto';
import type { PublicJwk } from '@roamgrid/wire';

/** ECDSA P-256 private key as a JSON Web Key. */
export type TestKey = PublicJwk & { readonly d: string };

/** A fresh key pair for a test. */
export const makeKey = (kid: string): TestKey => {
  const { kty, crv, x, y, d } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'jwk',
  });
  if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined || d === undefined) {
    throw new Error('node made no P-256 key');
  }
  return { kty, crv, x, y, d, kid };
};

/** The half that others may see. */
export const publicKey = ({ kty, crv, x, y, kid }: PublicJwk): PublicJwk => ({ kty, crv, x, y, kid });
