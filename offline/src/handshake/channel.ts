import { err, type DomainError, type Result } from '@roamgrid/domain';
import { decodeCbor, encodeCbor, isBytes, listOf, type CborValue } from '../cbor/cbor.ts';
import { KEY_BYTES, NONCE_BYTES, type Suite } from '../suite/suite.ts';

export type ChannelError = DomainError<'CHANNEL_BROKEN'>;

/** Every text that is signed or derived from begins with it: nothing said in another protocol means anything in this one. */
export const PROTOCOL = 'roamgrid-offline-1';

const BYTE_BITS = 8;
const SEQUENCE_BYTES = 4;
/** Far more than one contact has. */
const MOST_MESSAGES = 100_000;

interface Direction {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  sequence: number;
}

export interface ChannelKeys {
  readonly toCharger: Uint8Array;
  readonly toPhone: Uint8Array;
  /** What both sides have seen so far, by its hash. */
  readonly transcript: Uint8Array;
}

const DIRECTION_BYTES = KEY_BYTES + NONCE_BYTES;

/** Keys of both directions of what was agreed in one handshake. Spec: RFC 5869. */
export const deriveKeys = async (
  suite: Pick<Suite, 'derive'>,
  secret: Uint8Array,
  transcript: Uint8Array,
): Promise<ChannelKeys> => {
  const info = new TextEncoder().encode(`${PROTOCOL} keys`);
  const all = await suite.derive(secret, transcript, info, 2 * DIRECTION_BYTES);
  return { toCharger: all.slice(0, DIRECTION_BYTES), toPhone: all.slice(DIRECTION_BYTES), transcript };
};

const directionOf = (bytes: Uint8Array): Direction => ({
  key: bytes.slice(0, KEY_BYTES),
  iv: bytes.slice(KEY_BYTES),
  sequence: 0,
});

/** The direction's own vector with the number of the message in its last bytes. Spec: as RFC 8446 §5.3. */
const nonceOf = ({ iv }: Direction, sequence: number): Uint8Array =>
  iv.map((byte, at) => {
    const from = NONCE_BYTES - SEQUENCE_BYTES;
    return at < from ? byte : byte ^ ((sequence >>> ((NONCE_BYTES - 1 - at) * BYTE_BITS)) & 0xff);
  });

const broken = (message: string): Result<never, ChannelError> => err({ code: 'CHANNEL_BROKEN', message });

/**
 * What a phone and a charger say once they agreed on keys: encrypted, each message in its place. One that is missing, repeated, out of order or
 * altered ends it; the link below repeats what was lost (`link`).
 */
export class Channel {
  readonly #suite: Suite;
  readonly #out: Direction;
  readonly #in: Direction;
  readonly transcript: Uint8Array;
  #isBroken = false;

  constructor(suite: Suite, side: 'charger' | 'phone', { toCharger, toPhone, transcript }: ChannelKeys) {
    this.#suite = suite;
    this.transcript = transcript;
    this.#out = directionOf(side === 'phone' ? toCharger : toPhone);
    this.#in = directionOf(side === 'phone' ? toPhone : toCharger);
  }

  /** @throws RangeError after more messages than a contact ever has */
  async seal(message: CborValue): Promise<Uint8Array> {
    const sequence = this.#out.sequence;
    if (sequence >= MOST_MESSAGES) throw new RangeError('too many messages for one contact');
    this.#out.sequence += 1;
    const sealing = { key: this.#out.key, nonce: nonceOf(this.#out, sequence), beside: this.transcript };
    return encodeCbor([sequence, await this.#suite.seal(sealing, encodeCbor(message))]);
  }

  async open(bytes: Uint8Array): Promise<Result<CborValue, ChannelError>> {
    if (this.#isBroken) return broken('it was broken before');
    const opened = await this.#open(bytes);
    if (!opened.ok) this.#isBroken = true;
    return opened;
  }

  async #open(bytes: Uint8Array): Promise<Result<CborValue, ChannelError>> {
    const parts = listOf(bytes);
    const [sequence, sealed] = parts;
    if (parts.length !== 2 || !isBytes(sealed)) return broken('it is no sealed message');
    if (sequence !== this.#in.sequence) return broken(`message ${this.#in.sequence} was to come`);
    const sealing = { key: this.#in.key, nonce: nonceOf(this.#in, sequence), beside: this.transcript };
    const plain = await this.#suite.open(sealing, sealed);
    if (plain === undefined) return broken('it was altered, or sealed for somebody else');
    this.#in.sequence += 1;
    const message = decodeCbor(plain);
    return message.ok ? message : broken(message.error.message);
  }
}
