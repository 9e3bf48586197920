/** Removes purged and expired keys from the stored private write sets, which otherwise stay for ever. */
import { privateIndexPrefix, privateWritesKey } from './keys.ts';
import { rows } from './database.ts';
import type { Operation } from './database.ts';
import type { PrivateDb } from './private-db.ts';
import type { Height } from './height.ts';
import { decodePrivateWrites, encodePrivateWrites } from '../simulator/private-rwset.ts';
import type { PrivateCollectionWrites } from '../simulator/private-rwset.ts';
import { kvRwsetMessage } from '../simulator/rwset.ts';
import { sha256 } from '../simulator/rwset-builder.ts';

/** A private key by the hash that is all the channel knows of it. */
export interface PurgedKey {
  readonly namespace: string;
  readonly collection: string;
  readonly keyHash: Uint8Array;
}

function withoutKey(writes: PrivateCollectionWrites, keyHash: Uint8Array): PrivateCollectionWrites {
  const decoded = decodePrivateWrites(writes.rwset);
  const kept = (write: { key: string }): boolean => !sha256(write.key).equals(keyHash);
  const message = kvRwsetMessage({
    writes: decoded.writes.filter(kept),
    metadataWrites: decoded.metadataWrites.filter(kept),
  });
  return { ...writes, rwset: Buffer.from(message.serializeBinary()) };
}

/** Gathers the edits of one block, so that two purges of one write set add up. */
export class WriteSetEditor {
  readonly #database: PrivateDb;
  readonly #edited = new Map<string, { key: Buffer; collections: PrivateCollectionWrites[] }>();
  readonly #operations: Operation[] = [];

  constructor(database: PrivateDb) {
    this.#database = database;
  }

  #remove(purged: PurgedKey, { block, tx }: Height): void {
    const key = privateWritesKey(block, tx);
    const id = key.toString('latin1');
    const before = this.#edited.get(id)?.collections ?? this.#database.writesOf(block, tx);
    const collections = before.map((writes) =>
      writes.namespace === purged.namespace && writes.collection === purged.collection
        ? withoutKey(writes, purged.keyHash)
        : writes,
    );
    this.#edited.set(id, { key, collections });
  }

  /** Removes the key from all write sets before `at`; `sameBlock` are the transactions of the block being applied. */
  async purge(purged: PurgedKey, at: Height, sameBlock: readonly Height[]): Promise<void> {
    const prefix = privateIndexPrefix(purged.namespace, purged.collection, purged.keyHash);
    const range = { gte: prefix, lte: Buffer.concat([prefix, Buffer.alloc(12, 0xff)]) };
    for await (const [row] of rows(this.#database.level, range)) {
      const block = Number(row.readBigUInt64BE(row.length - 12));
      const tx = row.readUInt32BE(row.length - 4);
      if (block > at.block || (block === at.block && tx >= at.tx)) continue;
      this.#remove(purged, { block, tx });
      this.#operations.push({ type: 'del', key: row });
    }
    for (const height of sameBlock) if (height.tx < at.tx) this.#remove(purged, height);
  }

  operations(): Operation[] {
    const edits = [...this.#edited.values()].map(({ key, collections }): Operation => ({
      type: 'put',
      key,
      value: encodePrivateWrites(collections),
    }));
    return [...this.#operations, ...edits];
  }
}
