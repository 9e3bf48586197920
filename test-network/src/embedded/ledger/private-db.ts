/**
 * Private data of one organisation's peer, in its own LevelDB: only collections that the organisation belongs to.
 * Write sets are kept by block, so that the current values can be rebuilt and block events can carry them.
 */
import {
  privateEnd,
  privateKeyOf,
  privateWritesKey,
  SAVEPOINT_KEY,
  TRANSIENT_ROWS,
  transientKey,
} from './keys.ts';
import { rows } from './database.ts';
import type { Level, Operation, Snapshot } from './database.ts';
import { decodeHeight, decodeValue, encodeHeight, HEIGHT_BYTES } from './values.ts';
import type { VersionedValue } from './values.ts';
import { decodePrivateCollections, encodePrivateWrites } from '../simulator/private-rwset.ts';
import type { PrivateCollectionWrites } from '../simulator/private-rwset.ts';
import type { VersionedKv } from './state-db.ts';

export class PrivateDb {
  readonly mspId: string;
  readonly level: Level;

  constructor(mspId: string, level: Level) {
    this.mspId = mspId;
    this.level = level;
  }

  get(namespace: string, collection: string, key: string, snapshot?: Snapshot): VersionedValue | undefined {
    const options = snapshot === undefined ? {} : { snapshot };
    const row = this.level.getSync(privateKeyOf(namespace, collection, key), options);
    return row === undefined ? undefined : decodeValue(row);
  }

  async *range(
    namespace: string,
    collection: string,
    startKey: string,
    endKey: string,
    snapshot?: Snapshot,
  ): AsyncGenerator<VersionedKv> {
    const keyStart = privateKeyOf(namespace, collection, '').length;
    for await (const [key, value] of rows(this.level, {
      gte: privateKeyOf(namespace, collection, startKey),
      lt: endKey === '' ? privateEnd(namespace, collection) : privateKeyOf(namespace, collection, endKey),
      ...(snapshot === undefined ? {} : { snapshot }),
    })) {
      yield { key: key.toString('utf8', keyStart), ...decodeValue(value) };
    }
  }

  /** The last block whose private data was applied; -1 before the first. */
  savepoint(): number {
    const row = this.level.getSync(SAVEPOINT_KEY);
    return row === undefined ? -1 : decodeHeight(row).block;
  }

  /** Private writes of a committed transaction that this organisation holds. */
  writesOf(block: number, tx: number): PrivateCollectionWrites[] {
    const row = this.level.getSync(privateWritesKey(block, tx));
    return row === undefined ? [] : decodePrivateCollections(row);
  }

  /** Makes the private writes of a block durable, before the block is. */
  async storeWrites(
    block: number,
    byTx: ReadonlyMap<number, readonly PrivateCollectionWrites[]>,
  ): Promise<void> {
    const operations = [...byTx].map(([tx, collections]): Operation => ({
      type: 'put',
      key: privateWritesKey(block, tx),
      value: encodePrivateWrites(collections),
    }));
    if (operations.length > 0) await this.level.batch(operations, { sync: true });
  }

  /** Forgets write sets of blocks that were never appended, after a crash. */
  async dropWritesAfter(block: number): Promise<void> {
    await this.level.clear({ gte: privateWritesKey(block + 1, 0), lt: Buffer.from('x', 'latin1') });
  }

  /** Keeps endorsed private writes until their transaction is committed. */
  async storeTransient(
    txId: string,
    height: number,
    collections: readonly PrivateCollectionWrites[],
  ): Promise<void> {
    const value = Buffer.concat([encodeHeight({ block: height, tx: 0 }), encodePrivateWrites(collections)]);
    await this.level.put(transientKey(txId), value);
  }

  transient(txId: string): PrivateCollectionWrites[] {
    const row = this.level.getSync(transientKey(txId));
    return row === undefined ? [] : decodePrivateCollections(row.subarray(HEIGHT_BYTES));
  }

  /** Forgets endorsed private writes that nobody submitted before block `height`. */
  async purgeTransientBefore(height: number): Promise<void> {
    const operations: Operation[] = [];
    for await (const [key, value] of rows(this.level, TRANSIENT_ROWS)) {
      if (decodeHeight(value).block < height) operations.push({ type: 'del', key });
    }
    if (operations.length > 0) await this.level.batch(operations);
  }
}
