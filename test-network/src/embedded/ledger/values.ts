/** Byte form of the LevelDB values. */
import type { Height } from './height.ts';

export interface VersionedValue {
  readonly value: Buffer;
  /** Serialised metadata entries; undefined without metadata. */
  readonly metadata: Buffer | undefined;
  readonly version: Height;
}

const HEAD = 14;

/** Bytes of an encoded height. */
export const HEIGHT_BYTES = 10;

export function encodeValue(value: Uint8Array, metadata: Uint8Array | undefined, version: Height): Buffer {
  const metadataLength = metadata?.length ?? 0;
  const bytes = Buffer.allocUnsafe(HEAD + metadataLength + value.length);
  bytes.writeUIntBE(version.block, 0, 6);
  bytes.writeUInt32BE(version.tx, 6);
  bytes.writeUInt32BE(metadataLength, 10);
  if (metadata !== undefined) bytes.set(metadata, HEAD);
  bytes.set(value, HEAD + metadataLength);
  return bytes;
}

export function decodeValue(bytes: Buffer): VersionedValue {
  const metadataLength = bytes.readUInt32BE(10);
  return {
    version: { block: bytes.readUIntBE(0, 6), tx: bytes.readUInt32BE(6) },
    metadata: metadataLength === 0 ? undefined : bytes.subarray(HEAD, HEAD + metadataLength),
    value: bytes.subarray(HEAD + metadataLength),
  };
}

export function encodeHeight({ block, tx }: Height): Buffer {
  const bytes = Buffer.alloc(HEIGHT_BYTES);
  bytes.writeUIntBE(block, 0, 6);
  bytes.writeUInt32BE(tx, 6);
  return bytes;
}

export function decodeHeight(bytes: Buffer): Height {
  return { block: bytes.readUIntBE(0, 6), tx: bytes.readUInt32BE(6) };
}

/** Where a transaction is and how it was judged. */
export interface TransactionRow extends Height {
  readonly code: number;
}

export function encodeTransactionRow(row: TransactionRow): Buffer {
  return Buffer.concat([encodeHeight(row), Buffer.from([row.code])]);
}

export function decodeTransactionRow(bytes: Buffer): TransactionRow {
  return { ...decodeHeight(bytes), code: bytes.readUInt8(HEIGHT_BYTES) };
}

export function encodePosition({ offset, length }: { offset: number; length: number }): Buffer {
  const bytes = Buffer.alloc(10);
  bytes.writeUIntBE(offset, 0, 6);
  bytes.writeUInt32BE(length, 6);
  return bytes;
}

export function decodePosition(bytes: Buffer): { offset: number; length: number } {
  return { offset: bytes.readUIntBE(0, 6), length: bytes.readUInt32BE(6) };
}
