/**
 * Encodes the messages of `peer-batch.ts`. The protobuf classes that fabric-shim 2.5 brings are older than they are, and
 * two versions of those classes in one process overwrite each other.
 * Spec: fabric-protos peer/chaincode_shim.proto; protobuf encoding, wire types 0 and 2.
 */

/** One write: a value, or metadata of a key that is a key-level policy. Public when there is no collection. */
export type WriteRecord =
  | { readonly kind: 'value'; readonly key: string; readonly value: Uint8Array; readonly collection?: string }
  | { readonly kind: 'policy'; readonly key: string; readonly policy: Uint8Array };

const PUT_STATE = 9;
const PUT_STATE_METADATA = 21;
const VALIDATION_PARAMETER = 'VALIDATION_PARAMETER';

const varint = (value: number): Uint8Array => {
  const bytes: number[] = [];
  let left = value;
  while (left > 0x7f) {
    bytes.push((left & 0x7f) | 0x80);
    left >>>= 7;
  }
  return Uint8Array.from([...bytes, left]);
};

/** A field of bytes, text or a message: wire type 2. */
const field = (number: number, content: Uint8Array | string): Uint8Array => {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
};

/** A field of an enumeration: wire type 0. */
const enumField = (number: number, value: number): Uint8Array =>
  Buffer.concat([varint(number << 3), varint(value)]);

const writeRecord = (record: WriteRecord): Uint8Array => {
  if (record.kind === 'value') {
    const { key, value, collection } = record;
    const inCollection = collection === undefined ? [] : [field(3, collection)];
    return Buffer.concat([field(1, key), field(2, value), ...inCollection, enumField(5, PUT_STATE)]);
  }
  const metadata = Buffer.concat([field(1, VALIDATION_PARAMETER), field(2, record.policy)]);
  return Buffer.concat([field(1, record.key), field(4, metadata), enumField(5, PUT_STATE_METADATA)]);
};

/** `WriteBatchState`. */
export const writeBatchState = (records: readonly WriteRecord[]): Uint8Array =>
  Buffer.concat(records.map((record) => field(1, writeRecord(record))));

/** `GetStateMultiple` of public keys. */
export const getStateMultiple = (keys: readonly string[]): Uint8Array =>
  Buffer.concat(keys.map((key) => field(1, key)));

/**
 * Values of a `GetStateMultipleResult`, in the order of its keys.
 * @throws Error for anything but repeated bytes in field 1: the peer speaks another protocol.
 */
export const readRepeatedBytes = (message: Uint8Array): readonly Uint8Array[] => {
  const values: Uint8Array[] = [];
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at];
      if (byte === undefined || shift > 28) throw new Error('the peer sent a broken answer');
      at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    if (readVarint() !== ((1 << 3) | 2)) throw new Error('the peer sent an answer of another kind');
    const length = readVarint();
    if (at + length > message.length) throw new Error('the peer sent a broken answer');
    values.push(message.subarray(at, at + length));
    at += length;
  }
  return values;
};
