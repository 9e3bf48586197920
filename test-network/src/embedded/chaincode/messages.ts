/**
 * The messages of the chaincode stream, written and read by hand: ten of them cross for one small transaction, and the
 * generated classes cost several times as much. Tests hold this against the generated classes of fabric-protos.
 * Spec: fabric-protos `peer/chaincode_shim.proto`, message ChaincodeMessage.
 */

/** A `ChaincodeMessage` without the fields that nobody uses here. Nested messages stay serialised. */
export interface StreamMessage {
  readonly type: number;
  readonly payload: Uint8Array;
  readonly txId: string;
  readonly channelId: string;
  /** Serialised `SignedProposal`; empty for none. */
  readonly proposal?: Uint8Array;
  /** Serialised `ChaincodeEvent`; empty for none. */
  readonly event?: Uint8Array;
}

const NOTHING = new Uint8Array();
const Field = { type: 1, payload: 3, txId: 4, proposal: 5, event: 6, channelId: 7 } as const;
const MAX_VARINT_BYTES = 10;

export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length += 1;
  return length;
}

function writeVarint(into: Buffer, at: number, value: number): number {
  let rest = value;
  let position = at;
  while (rest >= 0x80) {
    into[position] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
    position += 1;
  }
  into[position] = rest;
  return position + 1;
}

function writeBytes(into: Buffer, at: number, field: number, bytes: Uint8Array): number {
  if (bytes.length === 0) return at;
  const position = writeVarint(into, writeVarint(into, at, (field << 3) | 2), bytes.length);
  into.set(bytes, position);
  return position + bytes.length;
}

function fieldLength(bytes: Uint8Array): number {
  return bytes.length === 0 ? 0 : 1 + varintLength(bytes.length) + bytes.length;
}

export function encodeMessage(message: StreamMessage): Buffer {
  const { type, payload, proposal = NOTHING, event = NOTHING } = message;
  const txId = Buffer.from(message.txId);
  const channelId = Buffer.from(message.channelId);
  const parts = [payload, txId, proposal, event, channelId];
  const length = parts.reduce((sum, bytes) => sum + fieldLength(bytes), 1 + varintLength(type));
  const into = Buffer.allocUnsafe(length);
  let at = writeVarint(into, 0, Field.type << 3);
  at = writeVarint(into, at, type);
  at = writeBytes(into, at, Field.payload, payload);
  at = writeBytes(into, at, Field.txId, txId);
  at = writeBytes(into, at, Field.proposal, proposal);
  at = writeBytes(into, at, Field.event, event);
  writeBytes(into, at, Field.channelId, channelId);
  return into;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    let factor = 1;
    for (let count = 0; count < MAX_VARINT_BYTES; count += 1) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new MalformedMessageError('a message ends inside a number');
      this.#at += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
    throw new MalformedMessageError('a number is too long');
  }

  bytes(): Buffer {
    const length = this.varint();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new MalformedMessageError('a message ends inside a field');
    const found = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return found;
  }

  skip(wireType: number): void {
    if (wireType === 0) this.varint();
    else if (wireType === 2) this.bytes();
    else if (wireType === 1) this.#at += 8;
    else if (wireType === 5) this.#at += 4;
    else throw new MalformedMessageError(`wire type ${wireType} is not known`);
  }
}

/** Throws MalformedMessageError when the bytes are not a message. */
export function decodeMessage(bytes: Buffer): StreamMessage {
  const reader = new Reader(bytes);
  let type = 0;
  let payload: Uint8Array = NOTHING;
  let txId = '';
  let channelId = '';
  let proposal: Uint8Array = NOTHING;
  let event: Uint8Array = NOTHING;
  while (!reader.done) {
    const tag = reader.varint();
    const wireType = tag & 7;
    const field = Math.floor(tag / 8);
    if (field === Field.type && wireType === 0) type = reader.varint();
    else if (wireType !== 2) reader.skip(wireType);
    else if (field === Field.payload) payload = reader.bytes();
    else if (field === Field.txId) txId = reader.bytes().toString('utf8');
    else if (field === Field.channelId) channelId = reader.bytes().toString('utf8');
    else if (field === Field.proposal) proposal = reader.bytes();
    else if (field === Field.event) event = reader.bytes();
    else reader.skip(wireType);
  }
  return { type, payload, txId, channelId, proposal, event };
}

/** Key, value and collection of `GetState`, `PutState` and `DelState`, whose fields have the same numbers. */
export interface KeyRequest {
  readonly key: string;
  readonly collection: string;
  /** Of `PutState` only. */
  readonly value: Uint8Array;
}

/** `PutState` has the value between key and collection; the other two have the collection second. */
export function decodeKeyRequest(payload: Uint8Array, withValue: boolean): KeyRequest {
  const reader = new Reader(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength));
  let key = '';
  let collection = '';
  let value: Uint8Array = NOTHING;
  while (!reader.done) {
    const tag = reader.varint();
    if ((tag & 7) !== 2) {
      reader.skip(tag & 7);
      continue;
    }
    const bytes = reader.bytes();
    const field = Math.floor(tag / 8);
    if (field === 1) key = bytes.toString('utf8');
    else if (withValue && field === 2) value = bytes;
    else if (field === (withValue ? 3 : 2)) collection = bytes.toString('utf8');
  }
  return { key, collection, value };
}
