import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { publicJwk, type PublicJwk } from '@roamgrid/wire';
import { privateJwk, type PrivateJwk } from '../config.ts';

/** A P-256 key in the forms that tests need. */
export interface TestKey {
  readonly kid: string;
  readonly key: KeyObject;
  readonly secret: PrivateJwk;
  readonly open: PublicJwk;
}

export const testKey = (kid: string): TestKey => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const secret = privateJwk.parse({ ...privateKey.export({ format: 'jwk' }), kid });
  const open = publicJwk.parse({ ...createPublicKey(privateKey).export({ format: 'jwk' }), kid });
  return { kid, key: privateKey, secret, open };
};
