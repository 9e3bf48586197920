/** Layout of the LevelDB keys. The first byte tells what a row is; names and keys are separated by U+0000. */

const SEPARATOR = Buffer.from([0]);
const END_OF_NAMESPACE = Buffer.from([1]);

function prefixed(tag: string, ...parts: Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from(tag, 'latin1'), ...parts]);
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** `s` namespace 0 key. */
export function stateKey(namespace: string, key: string): Buffer {
  return Buffer.from(`s${namespace}\u0000${key}`, 'utf8');
}

/** The first key after all of a namespace's. */
export function stateEnd(namespace: string): Buffer {
  return prefixed('s', Buffer.from(namespace), END_OF_NAMESPACE);
}

/** `x` namespace 0 collection 0 SHA-256 of the key. */
export function hashedKey(namespace: string, collection: string, keyHash: Uint8Array): Buffer {
  return prefixed('x', Buffer.from(`${namespace}\u0000${collection}\u0000`), keyHash);
}

/** `h` namespace 0 length key block tx: all writes of one key, oldest first. */
export function historyKey(namespace: string, key: string, block: number, tx: number): Buffer {
  return Buffer.concat([historyPrefix(namespace, key), uint64(block), uint32(tx)]);
}

export function historyPrefix(namespace: string, key: string): Buffer {
  const bytes = Buffer.from(key);
  return prefixed('h', Buffer.from(namespace), SEPARATOR, uint32(bytes.length), bytes);
}

export function heightOfHistoryKey(key: Buffer): { block: number; tx: number } {
  const at = key.length - 12;
  return { block: Number(key.readBigUInt64BE(at)), tx: key.readUInt32BE(at + 8) };
}

/** `t` transaction id. */
export function transactionKey(txId: string): Buffer {
  return Buffer.from(`t${txId}`, 'utf8');
}

/** `b` block number. */
export function blockKey(block: number): Buffer {
  return prefixed('b', uint64(block));
}

/** `e` block at which it ends, namespace 0 collection 0 key or key hash. */
export function expiryKey(block: number, namespace: string, collection: string, key: Uint8Array): Buffer {
  return prefixed('e', uint64(block), Buffer.from(`${namespace}\u0000${collection}\u0000`), key);
}

export function expiryEnd(block: number): Buffer {
  return prefixed('e', uint64(block + 1));
}

export function parseExpiryKey(key: Buffer): { namespace: string; collection: string; key: Buffer } {
  const first = key.indexOf(0, 9);
  const second = key.indexOf(0, first + 1);
  return {
    namespace: key.toString('utf8', 9, first),
    collection: key.toString('utf8', first + 1, second),
    key: key.subarray(second + 1),
  };
}

/** `d` namespace 0 collection 0 key: private data of one organisation. */
export function privateKeyOf(namespace: string, collection: string, key: string): Buffer {
  return Buffer.from(`d${namespace}\u0000${collection}\u0000${key}`, 'utf8');
}

export function privateEnd(namespace: string, collection: string): Buffer {
  return prefixed('d', Buffer.from(`${namespace}\u0000${collection}`), END_OF_NAMESPACE);
}

/** `w` block tx: private write sets of one transaction. */
export function privateWritesKey(block: number, tx: number): Buffer {
  return prefixed('w', uint64(block), uint32(tx));
}

/** `k` namespace 0 collection 0 key hash block tx: which transactions wrote a private key, for purging. */
export function privateIndexKey(
  ns: string,
  collection: string,
  keyHash: Uint8Array,
  block: number,
  tx: number,
): Buffer {
  return Buffer.concat([privateIndexPrefix(ns, collection, keyHash), uint64(block), uint32(tx)]);
}

export function privateIndexPrefix(namespace: string, collection: string, keyHash: Uint8Array): Buffer {
  return prefixed('k', Buffer.from(`${namespace}\u0000${collection}\u0000`), keyHash);
}

/** `r` transaction id: private writes endorsed and not yet committed. */
export function transientKey(txId: string): Buffer {
  return Buffer.from(`r${txId}`, 'utf8');
}

/** `m`: up to which block the rows were written. */
export const SAVEPOINT_KEY: Buffer = Buffer.from('msavepoint', 'latin1');

/** All rows that tell when data ends. */
export const EXPIRY_ROWS: { readonly gte: Buffer; readonly lt: Buffer } = {
  gte: Buffer.from('e', 'latin1'),
  lt: Buffer.from('f', 'latin1'),
};

/** All endorsed private writes that wait for their transaction. */
export const TRANSIENT_ROWS: { readonly gte: Buffer; readonly lt: Buffer } = {
  gte: Buffer.from('r', 'latin1'),
  lt: Buffer.from('s', 'latin1'),
};
