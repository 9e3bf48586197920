/**
 * Serial check of a transaction's reads against the committed state and the valid transactions before it in the block.
 * Spec: Fabric `validation/validator.go`, `rangequery_validator.go`.
 */
import { peer } from '@hyperledger/fabric-protos';
import { sameHeight } from '../ledger/height.ts';
import type { Height } from '../ledger/height.ts';
import type { UpdateBatch } from '../ledger/updates.ts';
import { compareUtf8 } from '../simulator/order.ts';
import type { NamespaceRwset, RangeQuery } from '../simulator/rwset.ts';
import type { BlockState } from './block-state.ts';
import { hexOf } from './tx-ops.ts';
import type { ValidationCode } from './transaction.ts';

const Code = peer.TxValidationCode;

function readsHold(ns: NamespaceRwset, updates: UpdateBatch, state: BlockState): boolean {
  return ns.reads.every(
    ({ key, version }) =>
      updates.getPublic(ns.namespace, key) === undefined &&
      sameHeight(state.get(ns.namespace, key)?.version, version),
  );
}

function hashedReadsHold(ns: NamespaceRwset, updates: UpdateBatch, state: BlockState): boolean {
  return ns.collections.every(({ collection, reads }) =>
    reads.every(
      ({ keyHash, version }) =>
        updates.getHashed(ns.namespace, collection, hexOf(keyHash)) === undefined &&
        sameHeight(state.getHashed(ns.namespace, collection, keyHash)?.version, version),
    ),
  );
}

interface RangeItem {
  readonly key: string;
  readonly version: Height;
}

/** The range as it is now: committed rows, overlaid by the updates of the block so far. */
async function* currentRange(
  namespace: string,
  query: RangeQuery,
  updates: UpdateBatch,
  state: BlockState,
): AsyncGenerator<RangeItem> {
  const includeEnd = !query.exhausted;
  const pending = updates.publicUpdates.get(namespace) ?? new Map<string, never>();
  const within = (key: string): boolean => {
    if (compareUtf8(key, query.startKey) < 0) return false;
    if (query.endKey === '') return true;
    const order = compareUtf8(key, query.endKey);
    return order < 0 || (includeEnd && order === 0);
  };
  const overlay = [...pending].filter(([key]) => within(key)).sort(([a], [b]) => compareUtf8(a, b));
  let next = 0;
  for await (const row of state.range(namespace, query.startKey, query.endKey, includeEnd)) {
    for (
      let entry = overlay[next];
      entry !== undefined && compareUtf8(entry[0], row.key) < 0;
      entry = overlay[next]
    ) {
      next += 1;
      if (entry[1].value !== undefined) yield { key: entry[0], version: entry[1].version };
    }
    const same = overlay[next];
    if (same?.[0] === row.key) {
      next += 1;
      if (same[1].value !== undefined) yield { key: same[0], version: same[1].version };
    } else {
      yield row;
    }
  }
  for (const [key, update] of overlay.slice(next)) {
    if (update.value !== undefined) yield { key, version: update.version };
  }
}

async function rangeHolds(
  ns: string,
  query: RangeQuery,
  updates: UpdateBatch,
  state: BlockState,
): Promise<boolean> {
  let at = 0;
  for await (const item of currentRange(ns, query, updates, state)) {
    const read = query.reads[at];
    if (read?.key !== item.key || !sameHeight(read.version, item.version)) return false;
    at += 1;
  }
  return at === query.reads.length;
}

/** VALID, MVCC_READ_CONFLICT or PHANTOM_READ_CONFLICT. */
export async function checkReads(
  rwset: readonly NamespaceRwset[],
  updates: UpdateBatch,
  state: BlockState,
): Promise<ValidationCode> {
  for (const ns of rwset) {
    if (!readsHold(ns, updates, state)) return Code.MVCC_READ_CONFLICT;
    for (const query of ns.rangeQueries) {
      if (!(await rangeHolds(ns.namespace, query, updates, state))) return Code.PHANTOM_READ_CONFLICT;
    }
    if (!hashedReadsHold(ns, updates, state)) return Code.MVCC_READ_CONFLICT;
  }
  return Code.VALID;
}
