/** Membership: turns serialised identities into checked ones, by each organisation's root certificate. */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { msp } from '@hyperledger/fabric-protos';
import { signLowS, verifyLowS } from './ecdsa.ts';
import type { CertifiedKey, NodeOu } from './authority.ts';

/** An identity whose certificate chains to its organisation's root. */
export interface Identity {
  readonly mspId: string;
  /** The serialised form that came over the wire; equal bytes mean the same identity. */
  readonly bytes: Buffer;
  readonly role: NodeOu | undefined;
  readonly notAfterMs: number;
  readonly subject: string;
  readonly publicKey: KeyObject;
}

export class IdentityError extends Error {
  override readonly name = 'IdentityError';
}

const CACHE_LIMIT = 10_000;
const ROLES: readonly NodeOu[] = ['client', 'peer', 'admin', 'orderer'];

/** The `SerializedIdentity` message of a certificate. */
export function serializeIdentity(mspId: string, certificatePem: string): Buffer {
  const message = new msp.SerializedIdentity();
  message.setMspid(mspId);
  message.setIdBytes(Buffer.from(certificatePem));
  return Buffer.from(message.serializeBinary());
}

/** The channel's MSP manager: knows the root certificate of every organisation. */
export class MspManager {
  readonly #roots: ReadonlyMap<string, X509Certificate>;
  readonly #cache = new Map<string, Identity>();

  constructor(rootsPem: ReadonlyMap<string, string>) {
    this.#roots = new Map([...rootsPem].map(([mspId, pem]) => [mspId, new X509Certificate(pem)]));
  }

  get mspIds(): string[] {
    return [...this.#roots.keys()];
  }

  /** Checks and returns the identity; throws IdentityError when it is malformed, unknown or not issued by its MSP. */
  deserialize(bytes: Uint8Array): Identity {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const cacheKey = buffer.toString('latin1');
    const known = this.#cache.get(cacheKey);
    if (known !== undefined) return known;
    const identity = this.#parse(Buffer.from(buffer));
    if (this.#cache.size >= CACHE_LIMIT) this.#cache.clear();
    this.#cache.set(cacheKey, identity);
    return identity;
  }

  #parse(bytes: Buffer): Identity {
    let serialized: msp.SerializedIdentity;
    let certificate: X509Certificate;
    try {
      serialized = msp.SerializedIdentity.deserializeBinary(bytes);
      certificate = new X509Certificate(serialized.getIdBytes_asU8());
    } catch (cause) {
      throw new IdentityError('the creator is malformed', { cause });
    }
    const mspId = serialized.getMspid();
    const root = this.#roots.get(mspId);
    if (root === undefined) throw new IdentityError(`MSP ${mspId} is unknown`);
    if (certificate.ca || !certificate.checkIssued(root) || !certificate.verify(root.publicKey)) {
      throw new IdentityError(
        `the supplied identity is not valid: its certificate was not issued by ${mspId}`,
      );
    }
    const units = certificate.subject.split('\n').filter((line) => line.startsWith('OU='));
    const role = ROLES.find((candidate) => units.includes(`OU=${candidate}`));
    return {
      mspId,
      bytes,
      role,
      notAfterMs: Date.parse(certificate.validTo),
      subject: certificate.subject.replaceAll('\n', ','),
      publicKey: certificate.publicKey,
    };
  }
}

export function verifySignature(identity: Identity, message: Uint8Array, signature: Uint8Array): boolean {
  return verifyLowS(identity.publicKey, message, signature);
}

/** A peer's own identity, which signs endorsements. */
export class SigningIdentity {
  readonly bytes: Buffer;
  readonly mspId: string;
  readonly #key: KeyObject;

  constructor(mspId: string, pair: CertifiedKey) {
    this.mspId = mspId;
    this.bytes = serializeIdentity(mspId, pair.certificatePem);
    this.#key = createPrivateKey(pair.privateKeyPem);
  }

  sign(message: Uint8Array): Buffer {
    return signLowS(this.#key, message);
  }
}
