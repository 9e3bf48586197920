import {
  createHash,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import type { DeviceProof } from '@roamgrid/wire';

/** Who shows a proof to whom: one that was made for one purpose is none for another. */
export type ProofRole = 'badge' | 'receiver' | 'transmitter' | 'vehicle' | 'blade';

const textOf = (role: ProofRole, id: string, challenge: string): Buffer =>
  Buffer.from(JSON.stringify(['roamgrid-device-proof/1', role, id, challenge]));

/** 16 bytes that nobody has seen before, in hex. */
export const newChallenge = (): string => randomBytes(16).toString('hex');

/** An Ed25519 key from its PEM text. @throws what OpenSSL says of another text */
export const privateKeyOf = (pem: string): KeyObject => createPrivateKey(pem);
export const publicKeyOf = (pem: string): KeyObject => createPublicKey(pem);

/** Proves to whoever asked `challenge` that the holder of the key is `id`. Spec: RFC 8032, Ed25519. */
export const prove = (key: KeyObject, role: ProofRole, id: string, challenge: string): DeviceProof => ({
  id,
  challenge,
  signature: sign(null, textOf(role, id, challenge), key).toString('base64url'),
});

export const isProved = (
  key: KeyObject,
  role: ProofRole,
  { id, challenge, signature }: DeviceProof,
): boolean => verify(null, textOf(role, id, challenge), key, Buffer.from(signature, 'base64url'));

/** What a log says of whoever showed something: enough to tell two apart, and nobody's number. */
export const hashOfId = (id: string): string => createHash('sha256').update(id).digest('hex');
