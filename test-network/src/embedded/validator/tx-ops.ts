/**
 * Applies a valid transaction's writes to the updates of its block: values keep their metadata, metadata keeps its
 * value, and metadata of an absent key does nothing. Spec: Fabric `validation/tx_ops.go`.
 */
import type { Update, UpdateBatch } from '../ledger/updates.ts';
import type { Height } from '../ledger/height.ts';
import { encodeMetadata } from '../ledger/metadata.ts';
import type { MetadataEntry, NamespaceRwset } from '../simulator/rwset.ts';

interface CommittedValue {
  readonly value: Uint8Array;
  readonly metadata: Uint8Array | undefined;
}

/** The committed state that a block is applied to. */
export interface StateReader {
  get(namespace: string, key: string): CommittedValue | undefined;
  getHashed(namespace: string, collection: string, keyHash: Uint8Array): CommittedValue | undefined;
}

interface KeyOperation {
  /** Empty for a delete. */
  value?: Uint8Array;
  /** Present when the transaction sets the metadata; undefined inside when it removes them. */
  metadata?: { readonly bytes: Uint8Array | undefined };
}

interface Place {
  pending(): Update | undefined;
  committed(): CommittedValue | undefined;
  set(update: Update): void;
}

function merge(place: Place, operation: KeyOperation, version: Height): void {
  const { value, metadata } = operation;
  if (value?.length === 0) {
    place.set({ value: undefined, metadata: undefined, version });
    return;
  }
  const latest = place.pending() ?? place.committed();
  if (value !== undefined) {
    const bytes = metadata === undefined ? latest?.metadata : metadata.bytes;
    place.set({ value, metadata: bytes, version });
  } else if (latest?.value !== undefined) {
    place.set({ value: latest.value, metadata: metadata?.bytes, version });
  }
}

function operationsOf<K>(
  writes: readonly K[],
  metadataWrites: readonly (K & { readonly entries: readonly MetadataEntry[] })[],
  keyOf: (write: K) => string,
  valueOf: (write: K) => Uint8Array,
): Map<string, KeyOperation> {
  const operations = new Map<string, KeyOperation>();
  for (const write of writes) operations.set(keyOf(write), { value: valueOf(write) });
  for (const write of metadataWrites) {
    const operation = operations.get(keyOf(write)) ?? {};
    operation.metadata = { bytes: encodeMetadata(write.entries) };
    operations.set(keyOf(write), operation);
  }
  return operations;
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

export function applyWrites(
  rwset: readonly NamespaceRwset[],
  version: Height,
  updates: UpdateBatch,
  state: StateReader,
): void {
  for (const ns of rwset) {
    const { namespace } = ns;
    const values = new Map(ns.writes.map((write) => [write.key, write.value]));
    const publicOperations = operationsOf<{ key: string }>(
      ns.writes,
      ns.metadataWrites,
      (write) => write.key,
      (write) => values.get(write.key) ?? new Uint8Array(),
    );
    for (const [key, operation] of publicOperations) {
      const place: Place = {
        pending: () => updates.getPublic(namespace, key),
        committed: () => state.get(namespace, key),
        set: (update) => {
          updates.setPublic(namespace, key, update);
        },
      };
      merge(place, operation, version);
    }
    for (const { collection, writes, metadataWrites } of ns.collections) {
      const hashes = new Map(writes.map((write) => [hexOf(write.keyHash), write.valueHash]));
      const hashedOperations = operationsOf<{ keyHash: Uint8Array }>(
        writes,
        metadataWrites,
        (write) => hexOf(write.keyHash),
        (write) => hashes.get(hexOf(write.keyHash)) ?? new Uint8Array(),
      );
      for (const [hex, operation] of hashedOperations) {
        const place: Place = {
          pending: () => updates.getHashed(namespace, collection, hex),
          committed: () => state.getHashed(namespace, collection, Buffer.from(hex, 'hex')),
          set: (update) => {
            updates.setHashed(namespace, collection, hex, update);
          },
        };
        merge(place, operation, version);
      }
    }
  }
}
