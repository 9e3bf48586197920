/** The rows that a committed block adds to the channel's database. */
import { peer } from '@hyperledger/fabric-protos';
import {
  blockKey,
  expiryEnd,
  expiryKey,
  hashedKey,
  historyKey,
  parseExpiryKey,
  SAVEPOINT_KEY,
  stateKey,
  transactionKey,
} from './keys.ts';
import { rows } from './database.ts';
import type { Operation } from './database.ts';
import { sameHeight } from './height.ts';
import type { StateDb } from './state-db.ts';
import type { UpdateBatch } from './updates.ts';
import { decodeHeight, encodeHeight, encodePosition, encodeTransactionRow, encodeValue } from './values.ts';
import type { BlocksToLive } from './private-updates.ts';
import type { RecordPosition } from './block-file.ts';
import type { ParsedTransaction } from '../validator/transaction.ts';

const NOTHING = Buffer.alloc(0);

export interface AppliedBlock {
  readonly number: number;
  readonly transactions: readonly ParsedTransaction[];
  readonly codes: readonly number[];
  readonly position: RecordPosition;
}

function indexOperations(state: StateDb, block: AppliedBlock): Operation[] {
  const operations: Operation[] = [];
  const seen = new Set<string>();
  for (const [tx, { txId, action }] of block.transactions.entries()) {
    const code = block.codes[tx] ?? peer.TxValidationCode.NOT_VALIDATED;
    // The first transaction of an id keeps the index; a duplicate must not hide it.
    if (txId !== '' && !seen.has(txId) && state.transaction(txId) === undefined) {
      seen.add(txId);
      const value = encodeTransactionRow({ block: block.number, tx, code });
      operations.push({ type: 'put', key: transactionKey(txId), value });
    }
    if (code !== peer.TxValidationCode.VALID) continue;
    for (const ns of action?.rwset ?? []) {
      for (const { key } of ns.writes) {
        operations.push({
          type: 'put',
          key: historyKey(ns.namespace, key, block.number, tx),
          value: NOTHING,
        });
      }
    }
  }
  operations.push({ type: 'put', key: blockKey(block.number), value: encodePosition(block.position) });
  operations.push({ type: 'put', key: SAVEPOINT_KEY, value: encodeHeight({ block: block.number, tx: 0 }) });
  return operations;
}

/**
 * Operations for the block; `expires` tells that it wrote data with a limited life, `mayExpire` that a block before it
 * did, so that some may end with this one.
 */
export async function publicOperations(
  state: StateDb,
  block: AppliedBlock,
  updates: UpdateBatch,
  blocksToLive: BlocksToLive,
  mayExpire: boolean,
): Promise<{ operations: Operation[]; expires: boolean }> {
  const operations = indexOperations(state, block);
  let expires = false;
  for (const [namespace, keys] of updates.publicUpdates) {
    for (const [key, { value, metadata, version }] of keys) {
      const position = stateKey(namespace, key);
      if (value === undefined) operations.push({ type: 'del', key: position });
      else operations.push({ type: 'put', key: position, value: encodeValue(value, metadata, version) });
    }
  }
  for (const [namespace, collections] of updates.hashedUpdates) {
    for (const [collection, keys] of collections) {
      const life = blocksToLive(namespace, collection);
      for (const [hex, { value, metadata, version }] of keys) {
        const keyHash = Buffer.from(hex, 'hex');
        const position = hashedKey(namespace, collection, keyHash);
        if (value === undefined) operations.push({ type: 'del', key: position });
        else operations.push({ type: 'put', key: position, value: encodeValue(value, metadata, version) });
        if (life === 0 || value === undefined) continue;
        expires = true;
        const end = expiryKey(block.number + life + 1, namespace, collection, keyHash);
        operations.push({ type: 'put', key: end, value: encodeHeight(version) });
      }
    }
  }
  if (mayExpire) operations.push(...(await expire(state, block.number, updates)));
  return { operations, expires };
}

/** Removes the hashes of private data that has outlived its collection's `blockToLive`. */
async function expire(state: StateDb, block: number, updates: UpdateBatch): Promise<Operation[]> {
  const operations: Operation[] = [];
  for await (const [row, value] of rows(state.level, {
    gte: Buffer.from('e', 'latin1'),
    lt: expiryEnd(block),
  })) {
    const { namespace, collection, key } = parseExpiryKey(row);
    const rewritten = updates.getHashed(namespace, collection, key.toString('hex')) !== undefined;
    const current = state.getHashed(namespace, collection, key);
    if (!rewritten && sameHeight(current?.version, decodeHeight(value))) {
      operations.push({ type: 'del', key: hashedKey(namespace, collection, key) });
    }
    operations.push({ type: 'del', key: row });
  }
  return operations;
}
