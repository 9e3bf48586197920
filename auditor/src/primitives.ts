import type { Bytes } from './bytes.ts';

/** What the verifier needs of its host: Node and browsers have it by different names. */
export interface Primitives {
  sha256(...parts: readonly Bytes[]): Bytes;
  /**
   * ECDSA on P-256 with SHA-256.
   * @param point the public key, uncompressed: 65 bytes
   * @param signature r and s, 32 bytes each
   */
  verify(point: Bytes, signature: Bytes, message: Bytes): boolean | Promise<boolean>;
}
