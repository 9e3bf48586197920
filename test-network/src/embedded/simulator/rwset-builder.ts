/** Gathers a transaction's reads and writes and puts them in Fabric's canonical order. */
import { createHash } from 'node:crypto';
import type { Height } from '../ledger/height.ts';
import { sortedValues } from './order.ts';
import { kvRwsetMessage } from './rwset.ts';
import type {
  HashedMetadataWrite,
  HashedRead,
  HashedWrite,
  KvRead,
  KvWrite,
  MetadataEntry,
  MetadataWrite,
  NamespaceRwset,
  RangeQuery,
} from './rwset.ts';
import type { PrivateCollectionWrites } from './private-rwset.ts';

const NOTHING = new Uint8Array();

export function sha256(data: Uint8Array | string): Buffer {
  return createHash('sha256').update(data).digest();
}

interface CollectionBuilder {
  readonly reads: Map<string, HashedRead>;
  readonly writes: Map<string, HashedWrite>;
  readonly metadataWrites: Map<string, HashedMetadataWrite>;
  readonly privateWrites: Map<string, KvWrite>;
  readonly privateMetadataWrites: Map<string, MetadataWrite>;
}

interface NamespaceBuilder {
  readonly reads: Map<string, KvRead>;
  readonly writes: Map<string, KvWrite>;
  readonly metadataWrites: Map<string, MetadataWrite>;
  readonly rangeQueries: Map<string, RangeQuery>;
  readonly collections: Map<string, CollectionBuilder>;
}

export interface BuiltRwset {
  readonly namespaces: readonly NamespaceRwset[];
  readonly privateWrites: readonly PrivateCollectionWrites[];
}

export class RwsetBuilder {
  readonly #namespaces = new Map<string, NamespaceBuilder>();

  #namespace(name: string): NamespaceBuilder {
    let builder = this.#namespaces.get(name);
    if (builder === undefined) {
      builder = {
        reads: new Map(),
        writes: new Map(),
        metadataWrites: new Map(),
        rangeQueries: new Map(),
        collections: new Map(),
      };
      this.#namespaces.set(name, builder);
    }
    return builder;
  }

  #collection(namespace: string, collection: string): CollectionBuilder {
    const { collections } = this.#namespace(namespace);
    let builder = collections.get(collection);
    if (builder === undefined) {
      builder = {
        reads: new Map(),
        writes: new Map(),
        metadataWrites: new Map(),
        privateWrites: new Map(),
        privateMetadataWrites: new Map(),
      };
      collections.set(collection, builder);
    }
    return builder;
  }

  read(namespace: string, key: string, version: Height | undefined): void {
    this.#namespace(namespace).reads.set(key, { key, version });
  }

  write(namespace: string, key: string, value: Uint8Array): void {
    this.#namespace(namespace).writes.set(key, { key, value });
  }

  writeMetadata(namespace: string, key: string, entries: readonly MetadataEntry[]): void {
    this.#namespace(namespace).metadataWrites.set(key, { key, entries });
  }

  /** The first of several queries over the same range stands, as in Fabric. */
  rangeQuery(namespace: string, query: RangeQuery): void {
    const id = JSON.stringify([query.startKey, query.endKey, query.exhausted]);
    const { rangeQueries } = this.#namespace(namespace);
    if (!rangeQueries.has(id)) rangeQueries.set(id, query);
  }

  hashedRead(namespace: string, collection: string, key: string, version: Height | undefined): void {
    this.#collection(namespace, collection).reads.set(key, { keyHash: sha256(key), version });
  }

  privateWrite(namespace: string, collection: string, key: string, value: Uint8Array, isPurge = false): void {
    const builder = this.#collection(namespace, collection);
    builder.privateWrites.set(key, { key, value });
    const valueHash = value.length === 0 ? NOTHING : sha256(value);
    builder.writes.set(key, { keyHash: sha256(key), valueHash, isPurge });
  }

  /** The metadata itself is public, under the key's hash; the private set only says that the key is touched. */
  privateMetadata(
    namespace: string,
    collection: string,
    key: string,
    entries: readonly MetadataEntry[],
  ): void {
    const builder = this.#collection(namespace, collection);
    builder.privateMetadataWrites.set(key, { key, entries: [] });
    builder.metadataWrites.set(key, { keyHash: sha256(key), entries });
  }

  build(): BuiltRwset {
    const privateWrites: PrivateCollectionWrites[] = [];
    const byName = new Map([...this.#namespaces].map(([name, builder]) => [name, { name, builder }]));
    const namespaces = sortedValues(byName).map(({ name, builder }): NamespaceRwset => {
      const collections = new Map([...builder.collections].map(([each, value]) => [each, { each, value }]));
      return {
        namespace: name,
        reads: sortedValues(builder.reads),
        writes: sortedValues(builder.writes),
        metadataWrites: sortedValues(builder.metadataWrites),
        rangeQueries: [...builder.rangeQueries.values()],
        collections: sortedValues(collections).map(({ each, value }) => {
          const secret = privateSet(name, each, value);
          if (secret !== undefined) privateWrites.push(secret);
          return {
            collection: each,
            reads: sortedValues(value.reads),
            writes: sortedValues(value.writes),
            metadataWrites: sortedValues(value.metadataWrites),
            pvtRwsetHash: secret === undefined ? NOTHING : sha256(secret.rwset),
          };
        }),
      };
    });
    return { namespaces, privateWrites };
  }
}

function privateSet(
  namespace: string,
  collection: string,
  builder: CollectionBuilder,
): PrivateCollectionWrites | undefined {
  if (builder.privateWrites.size === 0 && builder.privateMetadataWrites.size === 0) return undefined;
  const message = kvRwsetMessage({
    writes: sortedValues(builder.privateWrites),
    metadataWrites: sortedValues(builder.privateMetadataWrites),
  });
  return { namespace, collection, rwset: Buffer.from(message.serializeBinary()) };
}
