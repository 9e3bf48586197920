import { readable, Unreadable } from '../failure.ts';
import type { Bytes } from '../bytes.ts';
import type { Block } from './block.ts';
import { Message } from './proto.ts';

/** Blocks as peers keep them and give them away. */

export interface StoredBlock extends Block {
  /** What the header says of the transactions. */
  readonly dataHash: Bytes;
}

const SIGNATURES = 0;
const CODES = 2;
const NOTHING = new Uint8Array();

const fromParts = (
  header: Omit<StoredBlock, 'envelopes' | 'codes' | 'signatures'>,
  envelopes: readonly Bytes[],
  metadata: readonly Bytes[],
): StoredBlock => ({
  ...header,
  envelopes,
  codes: metadata[CODES] ?? NOTHING,
  signatures: metadata[SIGNATURES] ?? NOTHING,
});

/** A `Block` message, as a peer gives it and as the embedded ledger keeps it. Spec: Fabric `common/common.proto`. @throws Unreadable */
export const readBlockMessage = (bytes: Bytes): StoredBlock => {
  const block = new Message(bytes);
  const header = block.message(1);
  return fromParts(
    { number: header.number(1), previousHash: header.bytes(2), dataHash: header.bytes(3) },
    block.message(2).list(1),
    block.message(3).list(1),
  );
};

/** Numbers and byte strings one after another. */
class Cursor {
  readonly #bytes: Bytes;
  at = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  number(): number {
    let value = 0;
    for (let worth = 1; worth < 2 ** 53; worth *= 128) {
      const byte = this.#bytes[this.at];
      readable(byte !== undefined, 'a block ends inside a number');
      this.at += 1;
      value += (byte & 0x7f) * worth;
      if (byte < 0x80) return value;
    }
    throw new Unreadable('a number in a block does not end');
  }

  bytes(): Bytes {
    const length = this.number();
    readable(length <= this.#bytes.length - this.at, 'a block ends inside its parts');
    const part = this.#bytes.subarray(this.at, this.at + length);
    this.at += length;
    return part;
  }

  list(): readonly Bytes[] {
    const count = this.number();
    readable(count <= this.#bytes.length, 'a block has more parts than bytes');
    return Array.from({ length: count }, () => this.bytes());
  }
}

/** A block in the files of a native peer. Spec: Fabric `common/ledger/blkstorage/block_serialization.go`. @throws Unreadable */
export const readPeerBlock = (bytes: Bytes): StoredBlock => {
  const cursor = new Cursor(bytes);
  const number = cursor.number();
  const dataHash = cursor.bytes();
  const previousHash = cursor.bytes();
  const envelopes = cursor.list();
  const metadata = cursor.list();
  readable(cursor.at === bytes.length, 'a block has bytes after its end');
  return fromParts({ number, previousHash, dataHash }, envelopes, metadata);
};
