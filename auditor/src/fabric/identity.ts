import { hexOf, type Bytes } from '../bytes.ts';
import { Failed } from '../failure.ts';
import type { Primitives } from '../primitives.ts';
import { isIssued, readCertificate, type Certificate } from './certificate.ts';
import type { Organisation } from './channel-config.ts';
import { rawSignature } from './der.ts';
import { Message } from './proto.ts';

/** Who signed something on a channel, by the certificates of its configuration. */

export interface Identity {
  readonly mspId: string;
  readonly certificate: Certificate;
}

/** What a node or person is by its certificate's units. Spec: Fabric, "Node OUs". */
export const isA = ({ certificate }: Identity, unit: 'peer' | 'orderer' | 'client' | 'admin'): boolean =>
  certificate.units.includes(unit);

/** Remembers identities that were found good, of one configuration. */
export class Identities {
  readonly #primitives: Primitives;
  readonly #organisations: ReadonlyMap<string, Organisation>;
  readonly #read = new Map<string, Identity>();
  readonly #good = new Map<string, boolean>();

  constructor(primitives: Primitives, organisations: ReadonlyMap<string, Organisation>) {
    this.#primitives = primitives;
    this.#organisations = organisations;
  }

  /** The identity that `SerializedIdentity` bytes say. */
  read(bytes: Bytes): Identity {
    const message = new Message(bytes);
    return this.of(message.text(1), message.bytes(2));
  }

  /** The identity of a certificate, of an organisation that it names itself. */
  of(mspId: string, pem: Bytes): Identity {
    const id = `${mspId} ${hexOf(pem)}`;
    const known = this.#read.get(id);
    if (known !== undefined) return known;
    const identity = { mspId, certificate: readCertificate(pem) };
    this.#read.set(id, identity);
    return identity;
  }

  async #isMember(identity: Identity): Promise<boolean> {
    const organisation = this.#organisations.get(identity.mspId);
    if (organisation === undefined) return false;
    const id = `${identity.mspId} ${hexOf(identity.certificate.signature)}`;
    const known = this.#good.get(id);
    if (known !== undefined) return known;
    const { roots, intermediates } = organisation;
    const good = await isIssued(this.#primitives, identity.certificate, roots, intermediates);
    this.#good.set(id, good);
    return good;
  }

  /** That the identity is a member's and signed the message. @throws Failed */
  async require(identity: Identity, signature: Bytes, message: Bytes, what: string): Promise<void> {
    if (!(await this.#isMember(identity)))
      throw new Failed(`${what}: its certificate is of no member of the channel (${identity.mspId})`);
    if (!(await this.#primitives.verify(identity.certificate.point, rawSignature(signature), message)))
      throw new Failed(`${what}: the signature does not verify`);
  }
}
