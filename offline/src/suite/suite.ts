/**
 * The cryptography of one machine: Node's on a charger and in a service, Web Crypto's on a phone. ECDSA and ECDH on P-256 with SHA-256, the one
 * curve that both keep in keys nobody can take out. Spec: FIPS 186-5, RFC 9053 §2.1 (ES256), RFC 5869, NIST SP 800-38D.
 */
export interface Suite {
  /** @returns whether the signature (r and s, 32 bytes each) is that of the key over the bytes; false for what is no key or no signature */
  verify(key: PublicKey, signed: Uint8Array, signature: Uint8Array): Promise<boolean>;
  sha256(bytes: Uint8Array): Promise<Uint8Array>;
  /** A new key pair for one agreement. */
  newAgreement(): Promise<Agreement>;
  /** HKDF with SHA-256. */
  derive(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Promise<Uint8Array>;
  /** AES-128-GCM, the tag of 16 bytes at the end. */
  seal(sealing: Sealing, plain: Uint8Array): Promise<Uint8Array>;
  /** Undefined when it was altered, or sealed otherwise. */
  open(sealing: Sealing, sealed: Uint8Array): Promise<Uint8Array | undefined>;
  random(length: number): Uint8Array;
}

export interface Sealing {
  /** 16 bytes. */
  readonly key: Uint8Array;
  /** 12 bytes, each once a key. */
  readonly nonce: Uint8Array;
  /** What is sealed in with it and not sent. */
  readonly beside: Uint8Array;
}

/** One's own half of an agreement, good for one. */
export interface Agreement {
  /** The whole point, 65 bytes. Spec: SEC 1 §2.3.3. */
  readonly point: Uint8Array;
  /** The shared secret, 32 bytes; undefined for what is no point of the curve. */
  agree(otherPoint: Uint8Array): Promise<Uint8Array | undefined>;
}

/** A point of P-256: its x, and y or only y's sign as COSE keys have it. */
export interface PublicKey {
  /** 32 bytes. */
  readonly x: Uint8Array;
  /** 32 bytes, or whether y is odd. */
  readonly y: Uint8Array | boolean;
}

/** Who signs: the key's id, and the signature of bytes as r and s, 32 bytes each. */
export interface Signer {
  readonly kid: Uint8Array;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

export const COORDINATE_BYTES = 32;
export const POINT_BYTES = 1 + 2 * COORDINATE_BYTES;
export const KEY_BYTES = 16;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;
