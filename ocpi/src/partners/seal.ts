import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** Closes what a partner trusted us with, for one partner each: nothing of one opens as another's. */
export interface Seal {
  close(partnerId: string, secret: string): Buffer;
  open(partnerId: string, sealed: Buffer): string;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM. @param keyHex 32 bytes */
export const createSeal = (keyHex: string): Seal => {
  const key = Buffer.from(keyHex, 'hex');
  return {
    close(partnerId, secret) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(partnerId));
      const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), text]);
    },
    open(partnerId, sealed) {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(partnerId))
        .setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      const text = [decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()];
      return Buffer.concat(text).toString('utf8');
    },
  };
};

/** As a credentials token may be: 43 characters, 256 bits. */
export const newToken = (): string => randomBytes(32).toString('base64url');

export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex');
