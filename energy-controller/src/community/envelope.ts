import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { z } from 'zod';

const short = z.string().min(1).max(128);

/** A message of one house to another. Anybody may see it; what is not for all is sealed in `body`. */
export const envelope = z.strictObject({
  /** Rises with each agreement of a house. */
  agreement: z.int().min(0),
  /** Of these houses with these keys at this time; empty until that is known. */
  session: z.string().max(128),
  phase: short,
  from: short,
  to: short,
  body: z.base64().max(4_000_000),
  signature: z.base64().max(200),
});
export type Envelope = z.output<typeof envelope>;

const signedBytes = ({ agreement, session, phase, from, to, body }: Omit<Envelope, 'signature'>): Buffer =>
  Buffer.from(JSON.stringify(['roamgrid-community-1', agreement, session, phase, from, to, body]));

/** Spec: RFC 8032 (Ed25519). */
export const signEnvelope = (message: Omit<Envelope, 'signature'>, key: KeyObject): Envelope => ({
  ...message,
  signature: sign(null, signedBytes(message), key).toString('base64'),
});

export const isSignedBy = ({ signature, ...message }: Envelope, key: KeyObject): boolean =>
  verify(null, signedBytes(message), key, Buffer.from(signature, 'base64'));

/** A key for one agreement, gone after it: who takes a house's own key later reads nothing of before. */
export interface SessionKey {
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

export const newSessionKey = (): SessionKey => {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return { publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'), privateKey };
};

/** What two houses share in an agreement. @throws Error for what is no X25519 key, or a weak one */
export const sharedSecret = (own: SessionKey, otherPublicKey: string): Buffer => {
  const publicKey = createPublicKey({
    key: Buffer.from(otherPublicKey, 'base64'),
    format: 'der',
    type: 'spki',
  });
  return diffieHellman({ privateKey: own.privateKey, publicKey });
};

const CIPHER = 'aes-256-gcm';
const TAG_BYTES = 16;
/** Each message has a key of its own, so the nonce may be the same in all. */
const NONCE = Buffer.alloc(12);

const keyOf = (secret: Buffer, session: string, about: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, session, about, 32));

/** Seals for one house. `about` names phase, sender and receiver, and is used once. Spec: RFC 5869, RFC 5116. */
export const seal = (secret: Buffer, session: string, about: string, plain: Uint8Array): Buffer => {
  const cipher = createCipheriv(CIPHER, keyOf(secret, session, about), NONCE);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
};

export const unseal = (
  secret: Buffer,
  session: string,
  about: string,
  sealed: Uint8Array,
): Buffer | undefined => {
  if (sealed.length < TAG_BYTES) return undefined;
  const decipher = createDecipheriv(CIPHER, keyOf(secret, session, about), NONCE, {
    authTagLength: TAG_BYTES,
  }).setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
};
