import { fromHex, latin1, type Bytes } from '../bytes.ts';
import { Failed, Unreadable } from '../failure.ts';
import type { Primitives } from '../primitives.ts';
import { isIssued, readCertificate, type Certificate } from './certificate.ts';
import type { Organisation } from './channel-config.ts';
import { rawSignature } from './der.ts';
import { Message } from './proto.ts';

/** Who signed something on a channel, by the certificates of its configuration. */

export interface Identity {
  readonly mspId: string;
  readonly certificate: Certificate;
  /**
   * The same for whatever is the same certificate: of one organisation, by what its issuer signed. White space in its text and the
   * other of the two numbers that its issuer’s signature may have make other bytes, and nobody else.
   */
  readonly id: string;
}

/** @throws Unreadable */
export const identityOf = (mspId: string, pem: Bytes): Identity => {
  const certificate = readCertificate(pem);
  return { mspId, certificate, id: `${mspId}\u0000${latin1(certificate.signed)}` };
};

/** What a node or person is by its certificate's units. Spec: Fabric, "Node OUs". */
export const isA = ({ certificate }: Identity, unit: 'peer' | 'orderer' | 'client' | 'admin'): boolean =>
  certificate.units.includes(unit);

/** Half of the order of P-256: of the two numbers that would verify, Fabric takes the lower one. Spec: FIPS 186-5. */
const HALF_ORDER = fromHex('7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8');
const COORDINATE = 32;

const isLow = (raw: Bytes): boolean => {
  for (let at = 0; at < COORDINATE; at += 1) {
    const difference = (raw[COORDINATE + at] ?? 0) - (HALF_ORDER[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return true;
};

/** Remembers identities that were found good, of one configuration. */
export class Identities {
  readonly #primitives: Primitives;
  readonly #organisations: ReadonlyMap<string, Organisation>;
  readonly #read = new Map<string, Identity>();
  readonly #good = new Map<Identity, boolean>();

  constructor(primitives: Primitives, organisations: ReadonlyMap<string, Organisation>) {
    this.#primitives = primitives;
    this.#organisations = organisations;
  }

  /** The identity that `SerializedIdentity` bytes say. */
  read(bytes: Bytes): Identity {
    const told = latin1(bytes);
    const known = this.#read.get(told);
    if (known !== undefined) return known;
    const message = new Message(bytes);
    const identity = identityOf(message.text(1), message.bytes(2));
    this.#read.set(told, identity);
    return identity;
  }

  async #isMember(identity: Identity): Promise<boolean> {
    const organisation = this.#organisations.get(identity.mspId);
    if (organisation === undefined) return false;
    const known = this.#good.get(identity);
    if (known !== undefined) return known;
    const { roots, intermediates } = organisation;
    const good = await isIssued(this.#primitives, identity.certificate, roots, intermediates);
    this.#good.set(identity, good);
    return good;
  }

  async #isSigned({ certificate }: Identity, signature: Bytes, message: Bytes): Promise<boolean> {
    const raw = rawSignature(signature);
    return isLow(raw) && (await this.#primitives.verify(certificate.point, raw, message));
  }

  /** That the identity is a member's and signed the message. @throws Failed */
  async require(identity: Identity, signature: Bytes, message: Bytes, what: string): Promise<void> {
    if (!(await this.#isMember(identity)))
      throw new Failed(`${what}: its certificate is of no member of the channel (${identity.mspId})`);
    if (!(await this.#isSigned(identity, signature, message)))
      throw new Failed(`${what}: the signature does not verify`);
  }

  /** Who signed a message, if it is a member who did: whatever is wrong, it was nobody. */
  async signer(bytes: Bytes, signature: Bytes, message: Bytes): Promise<Identity | undefined> {
    try {
      const identity = this.read(bytes);
      const isGood = (await this.#isMember(identity)) && (await this.#isSigned(identity, signature, message));
      return isGood ? identity : undefined;
    } catch (thrown) {
      if (thrown instanceof Unreadable) return undefined;
      throw thrown;
    }
  }
}
