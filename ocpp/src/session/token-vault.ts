import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { DriverToken } from '../model/token.ts';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

const tokenShape = z.strictObject({ type: z.enum(['cin', 'emaid', 'rfid', 'app']), value: z.string() });

/**
 * Keeps tokens as long as a transaction needs one: in the database stands a keyed hash to find it by, and an encrypted text.
 * Whoever reads the database alone learns no number of any card.
 */
export class TokenVault {
  readonly #hashKey: Buffer;
  readonly #cipherKey: Buffer;

  /** @param secret 32 bytes of the door's configuration */
  constructor(secret: Uint8Array) {
    if (secret.length !== KEY_BYTES) throw new RangeError(`the token secret has ${KEY_BYTES} bytes`);
    const derive = (use: string) =>
      Buffer.from(hkdfSync('sha256', secret, '', `roamgrid-ocpp-${use}`, KEY_BYTES));
    this.#hashKey = derive('token-hash');
    this.#cipherKey = derive('token-cipher');
  }

  /** The same for the same token, however a reader writes it. */
  keyOf({ type, value }: DriverToken): string {
    return createHmac('sha256', this.#hashKey).update(`${type} ${value.trim().toUpperCase()}`).digest('hex');
  }

  seal({ type, value }: DriverToken): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#cipherKey, nonce);
    const sealed = Buffer.concat([cipher.update(JSON.stringify({ type, value }), 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  /** @throws Error when it was sealed by another secret */
  open(text: string): DriverToken {
    const bytes = Buffer.from(text, 'base64url');
    const decipher = createDecipheriv(CIPHER, this.#cipherKey, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const opened = Buffer.concat([
      decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)),
      decipher.final(),
    ]);
    return tokenShape.parse(JSON.parse(opened.toString('utf8')));
  }
}
