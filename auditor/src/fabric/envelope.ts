import type { Bytes } from '../bytes.ts';
import { hold } from '../failure.ts';
import type { Block } from './block.ts';

/**
 * What a block holds, one after another. A header's hash is over all envelopes put together and says of none where it ends, and
 * of a field that stands twice protocol buffers take the last: two envelopes read as one would be the second alone. So an envelope
 * is read in its one form only, by which what is hashed comes apart in one way. Spec: Fabric `common/common.proto`, `Envelope`.
 */
export interface Envelope {
  readonly payload: Bytes;
  /** Of block 0’s configuration empty: nobody signs it. */
  readonly signature: Bytes;
}

/** Tags of the two fields, which are byte strings. */
const PAYLOAD = 0x0a;
const SIGNATURE = 0x12;

const LENGTH_BYTES = 5;

/** The field that begins at a place; nothing where another does, where it is empty or where its length is not the shortest. */
const fieldAt = (bytes: Bytes, at: number, tag: number): Bytes | undefined => {
  if (bytes[at] !== tag) return undefined;
  let length = 0;
  let from = at + 1;
  for (let worth = 1; ; worth *= 128) {
    const byte = bytes[from];
    from += 1;
    if (byte === undefined || from - at - 1 > LENGTH_BYTES) return undefined;
    length += (byte & 0x7f) * worth;
    if (byte >= 0x80) continue;
    return byte === 0 || length > bytes.length - from ? undefined : bytes.subarray(from, from + length);
  }
};

const endOf = (bytes: Bytes, part: Bytes): number => part.byteOffset - bytes.byteOffset + part.length;

const readEnvelope = (bytes: Bytes, isFirst: boolean): Envelope | undefined => {
  const payload = fieldAt(bytes, 0, PAYLOAD);
  if (payload === undefined) return undefined;
  const end = endOf(bytes, payload);
  if (isFirst && end === bytes.length) return { payload, signature: new Uint8Array() };
  const signature = fieldAt(bytes, end, SIGNATURE);
  return signature !== undefined && endOf(bytes, signature) === bytes.length
    ? { payload, signature }
    : undefined;
};

/** @throws Failed for bytes that are not exactly one payload and then one signature */
export const envelopesOf = ({ number, envelopes }: Block): readonly Envelope[] =>
  envelopes.map((bytes, index) => {
    const envelope = readEnvelope(bytes, number === 0);
    hold(
      envelope !== undefined,
      `block ${number}: its envelope ${index} is not one payload and one signature alone, so nothing binds it`,
    );
    return envelope;
  });
