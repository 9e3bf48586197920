/** Turns the private write sets of a block into rows of one organisation's private database. */
import {
  expiryEnd,
  expiryKey,
  parseExpiryKey,
  privateIndexKey,
  privateKeyOf,
  SAVEPOINT_KEY,
  transientKey,
} from './keys.ts';
import { rows } from './database.ts';
import type { Operation } from './database.ts';
import type { PrivateDb } from './private-db.ts';
import { decodeHeight, encodeHeight, encodeValue } from './values.ts';
import { sameHeight } from './height.ts';
import type { Height } from './height.ts';
import { WriteSetEditor } from './purge.ts';
import type { PurgedKey } from './purge.ts';
import { decodePrivateWrites } from '../simulator/private-rwset.ts';
import type { PrivateCollectionWrites } from '../simulator/private-rwset.ts';
import { sha256 } from '../simulator/rwset-builder.ts';

/** A valid transaction of the block, as far as private data is concerned. */
export interface CommittedTransaction {
  readonly height: Height;
  readonly purges: readonly PurgedKey[];
}

/** Blocks that a collection's data lives for; 0 for ever. */
export type BlocksToLive = (namespace: string, collection: string) => number;

interface PrivateRow {
  readonly namespace: string;
  readonly collection: string;
  readonly key: string;
  readonly value: Uint8Array | undefined;
  readonly version: Height;
}

/** Collects the rows of one block; a later transaction of the block replaces what an earlier one wrote. */
class PrivateRows {
  readonly #rows = new Map<string, PrivateRow>();
  readonly #database: PrivateDb;

  constructor(database: PrivateDb) {
    this.#database = database;
  }

  apply({ namespace, collection, rwset }: PrivateCollectionWrites, version: Height): void {
    const { writes, metadataWrites } = decodePrivateWrites(rwset);
    for (const { key, value } of writes) {
      this.#set({ namespace, collection, key, value: value.length === 0 ? undefined : value, version });
    }
    // A change of metadata alone raises the version of the key, so the private row's version follows.
    for (const { key } of metadataWrites) {
      if (writes.some((write) => write.key === key)) continue;
      const value = this.#current(namespace, collection, key);
      if (value !== undefined) this.#set({ namespace, collection, key, value, version });
    }
  }

  #current(namespace: string, collection: string, key: string): Uint8Array | undefined {
    const pending = this.#rows.get(privateKeyOf(namespace, collection, key).toString('latin1'));
    return pending === undefined ? this.#database.get(namespace, collection, key)?.value : pending.value;
  }

  #set(row: PrivateRow): void {
    this.#rows.set(privateKeyOf(row.namespace, row.collection, row.key).toString('latin1'), row);
  }

  values(): IterableIterator<PrivateRow> {
    return this.#rows.values();
  }

  has(key: Buffer): boolean {
    return this.#rows.has(key.toString('latin1'));
  }
}

/**
 * All operations that take the private database over block `block`, savepoint included. `finishedTxIds` are those of
 * the whole block, whose endorsed private writes need not be kept any more.
 */
export async function privateOperations(
  database: PrivateDb,
  block: number,
  transactions: readonly CommittedTransaction[],
  finishedTxIds: readonly string[],
  blocksToLive: BlocksToLive,
): Promise<Operation[]> {
  const operations = finishedTxIds.map((txId): Operation => ({ type: 'del', key: transientKey(txId) }));
  const pending = new PrivateRows(database);
  for (const { height } of transactions) {
    for (const writes of database.writesOf(height.block, height.tx)) pending.apply(writes, height);
  }
  for (const row of pending.values()) {
    const { namespace, collection, key, value, version } = row;
    const position = privateKeyOf(namespace, collection, key);
    if (value === undefined) operations.push({ type: 'del', key: position });
    else operations.push({ type: 'put', key: position, value: encodeValue(value, undefined, version) });
    const index = privateIndexKey(namespace, collection, sha256(key), version.block, version.tx);
    operations.push({ type: 'put', key: index, value: Buffer.from(key) });
    const life = blocksToLive(namespace, collection);
    if (life > 0 && value !== undefined) {
      const end = expiryKey(block + life + 1, namespace, collection, Buffer.from(key));
      operations.push({ type: 'put', key: end, value: encodeHeight(version) });
    }
  }
  const editor = new WriteSetEditor(database);
  const heights = transactions.map(({ height }) => height);
  for (const { purges, height } of transactions) {
    for (const purge of purges) await editor.purge(purge, height, heights);
  }
  operations.push(...(await expire(database, block, pending, editor)), ...editor.operations());
  operations.push({ type: 'put', key: SAVEPOINT_KEY, value: encodeHeight({ block, tx: 0 }) });
  return operations;
}

/** Deletes what has outlived its collection's `blockToLive`, unless the block itself wrote it anew. */
async function expire(
  database: PrivateDb,
  block: number,
  pending: PrivateRows,
  editor: WriteSetEditor,
): Promise<Operation[]> {
  const operations: Operation[] = [];
  const range = { gte: Buffer.from('e', 'latin1'), lt: expiryEnd(block) };
  for await (const [row, value] of rows(database.level, range)) {
    const { namespace, collection, key } = parseExpiryKey(row);
    const position = privateKeyOf(namespace, collection, key.toString('utf8'));
    const written = decodeHeight(value);
    const current = database.get(namespace, collection, key.toString('utf8'));
    if (!pending.has(position) && sameHeight(current?.version, written)) {
      operations.push({ type: 'del', key: position });
    }
    const untilThen = { block: written.block, tx: written.tx + 1 };
    await editor.purge({ namespace, collection, keyHash: sha256(key) }, untilThen, []);
    operations.push({ type: 'del', key: row });
  }
  return operations;
}
