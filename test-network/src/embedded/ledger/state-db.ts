/** World state, hashed state, history, transaction and block index of one channel, in one LevelDB. */
import {
  heightOfHistoryKey,
  hashedKey,
  historyPrefix,
  stateEnd,
  stateKey,
  transactionKey,
  blockKey,
} from './keys.ts';
import { rows } from './database.ts';
import type { Level, Snapshot } from './database.ts';
import { decodePosition, decodeTransactionRow, decodeValue } from './values.ts';
import type { TransactionRow, VersionedValue } from './values.ts';
import type { Height } from './height.ts';
import type { RecordPosition } from './block-file.ts';

export interface VersionedKv extends VersionedValue {
  readonly key: string;
}

export class StateDb {
  readonly level: Level;

  constructor(level: Level) {
    this.level = level;
  }

  #get(key: Buffer, snapshot: Snapshot | undefined): Buffer | undefined {
    return this.level.getSync(key, snapshot === undefined ? {} : { snapshot });
  }

  get(namespace: string, key: string, snapshot?: Snapshot): VersionedValue | undefined {
    const row = this.#get(stateKey(namespace, key), snapshot);
    return row === undefined ? undefined : decodeValue(row);
  }

  /** The hash row of a private key: its value is SHA-256 of the private value. */
  getHashed(
    ns: string,
    collection: string,
    keyHash: Uint8Array,
    snapshot?: Snapshot,
  ): VersionedValue | undefined {
    const row = this.#get(hashedKey(ns, collection, keyHash), snapshot);
    return row === undefined ? undefined : decodeValue(row);
  }

  /** Keys from `startKey` on and before `endKey` (or up to it); an empty end key means the end of the namespace. */
  async *range(
    namespace: string,
    startKey: string,
    endKey: string,
    options: { includeEnd?: boolean; snapshot?: Snapshot } = {},
  ): AsyncGenerator<VersionedKv> {
    const end = endKey === '' ? stateEnd(namespace) : stateKey(namespace, endKey);
    const keyStart = Buffer.byteLength(namespace) + 2;
    for await (const [key, value] of rows(this.level, {
      gte: stateKey(namespace, startKey),
      ...(options.includeEnd === true ? { lte: end } : { lt: end }),
      ...(options.snapshot === undefined ? {} : { snapshot: options.snapshot }),
    })) {
      yield { key: key.toString('utf8', keyStart), ...decodeValue(value) };
    }
  }

  /** Heights of the valid writes of a key, newest first. */
  async *history(namespace: string, key: string, snapshot?: Snapshot): AsyncGenerator<Height> {
    const prefix = historyPrefix(namespace, key);
    const range = { gte: prefix, lte: Buffer.concat([prefix, Buffer.alloc(12, 0xff)]), reverse: true };
    for await (const [row] of rows(this.level, snapshot === undefined ? range : { ...range, snapshot })) {
      yield heightOfHistoryKey(row);
    }
  }

  transaction(txId: string): TransactionRow | undefined {
    const row = this.#get(transactionKey(txId), undefined);
    return row === undefined ? undefined : decodeTransactionRow(row);
  }

  blockPosition(block: number): RecordPosition | undefined {
    const row = this.#get(blockKey(block), undefined);
    return row === undefined ? undefined : decodePosition(row);
  }
}
