import { createPrivateKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

/** A private ECDSA P-256 key as a JSON Web Key, as it lies in a file. */
export const storedKey = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
  kid: z.string(),
});
const storedRing = z.strictObject({
  keys: z.record(z.string(), storedKey),
  secrets: z.record(z.string(), z.string()),
});

/** A private ECDSA P-256 key as a JSON Web Key. */
export type SigningJwk = z.infer<typeof storedKey>;

/** Public half of a key, as the ledger's registry takes it. */
export const publicHalf = ({ kty, crv, x, y, kid }: SigningJwk) => ({ kty, crv, x, y, kid });

/** The key as node:crypto uses it. */
export const keyObject = (jwk: SigningJwk): KeyObject => {
  const { kid: _kid, ...key } = jwk;
  return createPrivateKey({ key, format: 'jwk' });
};

/** Keys and secrets of a development system: made at first use, kept in one file that only its owner can read. */
export class KeyRing {
  readonly #path: string;
  readonly #ring: z.infer<typeof storedRing>;

  constructor(path: string) {
    this.#path = path;
    this.#ring = existsSync(path)
      ? storedRing.parse(JSON.parse(readFileSync(path, 'utf8')))
      : { keys: {}, secrets: {} };
  }

  /** The signing key of this name; the name is its key id. */
  key(name: string): SigningJwk {
    const known = this.#ring.keys[name];
    if (known) return known;
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const made = storedKey.parse({ ...privateKey.export({ format: 'jwk' }), kid: name });
    this.#ring.keys[name] = made;
    this.#save();
    return made;
  }

  /** 32 random bytes in hex. */
  secret(name: string): string {
    const known = this.#ring.secrets[name];
    if (known !== undefined) return known;
    const made = randomBytes(32).toString('hex');
    this.#ring.secrets[name] = made;
    this.#save();
    return made;
  }

  #save(): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    const aside = `${this.#path}.new`;
    writeFileSync(aside, JSON.stringify(this.#ring), { mode: 0o600 });
    chmodSync(aside, 0o600);
    renameSync(aside, this.#path);
  }
}
