/** Remembers what the peers of this process signed, so that the validator need not verify their own hand again. */
import { hash } from 'node:crypto';

/** More than a full pipeline of transactions; past it the oldest are verified like anybody's. */
const LIMIT = 10_000;

const digestOf = (payload: Uint8Array, endorser: Uint8Array): string =>
  hash('sha256', Buffer.concat([payload, endorser]), 'base64');

const idOf = (signature: Uint8Array): string => Buffer.from(signature).toString('latin1');

/**
 * Signatures that this process made, with the digest of what each one covers. Comparing with them is as strong as
 * verifying: they never left memory. After a restart, and in `verifyChain`, every signature is verified.
 */
export class OwnEndorsements {
  readonly #digests = new Map<string, string>();

  remember(payload: Uint8Array, endorser: Uint8Array, signature: Uint8Array): void {
    this.#digests.set(idOf(signature), digestOf(payload, endorser));
    if (this.#digests.size <= LIMIT) return;
    for (const oldest of this.#digests.keys()) {
      this.#digests.delete(oldest);
      return;
    }
  }

  /** True when a peer of this process made exactly this signature over exactly these bytes. */
  includes(payload: Uint8Array, endorser: Uint8Array, signature: Uint8Array): boolean {
    const known = this.#digests.get(idOf(signature));
    return known !== undefined && known === digestOf(payload, endorser);
  }
}
