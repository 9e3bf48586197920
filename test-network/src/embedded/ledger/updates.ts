/** The net writes of a block, and the commit hash made from them. */
import type { Height } from './height.ts';
import { heightBytes } from './height.ts';
import { compareUtf8 } from '../simulator/order.ts';
import { sha256 } from '../simulator/rwset-builder.ts';

/** The value of a key with its version; `value` undefined marks a delete. */
export interface Update {
  readonly value: Uint8Array | undefined;
  /** Serialised metadata entries; undefined without metadata. */
  readonly metadata: Uint8Array | undefined;
  readonly version: Height;
}

/** Updates of one block by namespace and key; hashed ones by namespace, collection and hex of the key hash. */
export class UpdateBatch {
  readonly publicUpdates = new Map<string, Map<string, Update>>();
  readonly hashedUpdates = new Map<string, Map<string, Map<string, Update>>>();

  setPublic(namespace: string, key: string, update: Update): void {
    let keys = this.publicUpdates.get(namespace);
    if (keys === undefined) this.publicUpdates.set(namespace, (keys = new Map<string, Update>()));
    keys.set(key, update);
  }

  getPublic(namespace: string, key: string): Update | undefined {
    return this.publicUpdates.get(namespace)?.get(key);
  }

  setHashed(namespace: string, collection: string, keyHashHex: string, update: Update): void {
    let collections = this.hashedUpdates.get(namespace);
    if (collections === undefined) {
      this.hashedUpdates.set(namespace, (collections = new Map<string, Map<string, Update>>()));
    }
    let keys = collections.get(collection);
    if (keys === undefined) collections.set(collection, (keys = new Map<string, Update>()));
    keys.set(keyHashHex, update);
  }

  getHashed(namespace: string, collection: string, keyHashHex: string): Update | undefined {
    return this.hashedUpdates.get(namespace)?.get(collection)?.get(keyHashHex);
  }
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

function field(number: number, content: Uint8Array): Uint8Array[] {
  return content.length === 0 ? [] : [varint((number << 3) | 2), varint(content.length), content];
}

function kvWrite(namespace: string, collection: string, key: Uint8Array, update: Update): Uint8Array[] {
  const parts = [
    ...field(1, Buffer.from(namespace)),
    ...field(2, Buffer.from(collection)),
    ...field(3, key),
    ...(update.value === undefined ? [Buffer.from([0x20, 0x01])] : []),
    ...field(5, update.value ?? new Uint8Array()),
    ...field(6, heightBytes(update.version)),
  ];
  const body = Buffer.concat(parts);
  return [Buffer.from([0x0a]), varint(body.length), body];
}

/**
 * The bytes of all public and hashed updates in canonical order: the `txmgr.Updates` message.
 * Spec: Fabric `txmgr/update_batch_bytes.go`; a repeated namespace or collection is left out.
 */
export function updateBytes(batch: UpdateBatch): Buffer {
  const parts: Uint8Array[] = [];
  const names = new Set([...batch.publicUpdates.keys(), ...batch.hashedUpdates.keys()]);
  for (const namespace of [...names].sort(compareUtf8)) {
    if (namespace === '') continue;
    let label = namespace;
    for (const [key, update] of sorted(batch.publicUpdates.get(namespace), compareUtf8)) {
      parts.push(...kvWrite(label, '', Buffer.from(key), update));
      label = '';
    }
    for (const [collection, keys] of sorted(batch.hashedUpdates.get(namespace), compareUtf8)) {
      let collectionLabel = collection;
      for (const [hex, update] of sorted(keys, (a, b) => (a < b ? -1 : 1))) {
        parts.push(...kvWrite(label, collectionLabel, Buffer.from(hex, 'hex'), update));
        label = '';
        collectionLabel = '';
      }
    }
  }
  return Buffer.concat(parts);
}

function sorted<T>(
  map: ReadonlyMap<string, T> | undefined,
  order: (a: string, b: string) => number,
): [string, T][] {
  return [...(map ?? [])].sort(([a], [b]) => order(a, b));
}

/** Chains the flags and updates of a block to the commit hash before it, as Fabric's `addBlockCommitHash`. */
export function nextCommitHash(previous: Uint8Array, flags: Uint8Array, batch: UpdateBatch): Buffer {
  return sha256(Buffer.concat([varint(flags.length), flags, updateBytes(batch), previous]));
}
