/**
 * Private writes between endorsement and commit. An endorsing peer keeps all of them; the members of a collection
 * receive its part, as gossip would bring it, and at commit pull what they miss from the endorsers.
 */
import { sha256 } from '../simulator/rwset-builder.ts';
import type { PrivateCollectionWrites } from '../simulator/private-rwset.ts';
import type { ParsedTransaction } from '../validator/transaction.ts';
import type { DefinitionRegistry } from '../lifecycle/registry.ts';
import type { ChannelLedger, PrivateDataOfBlock } from './ledger.ts';

const RETENTION_BLOCKS = 1000;

interface Entry {
  readonly height: number;
  readonly byMsp: Map<string, PrivateCollectionWrites[]>;
}

export class TransientStore {
  readonly #ledger: ChannelLedger;
  readonly #definitions: DefinitionRegistry;
  readonly #entries = new Map<string, Entry>();

  constructor(ledger: ChannelLedger, definitions: DefinitionRegistry) {
    this.#ledger = ledger;
    this.#definitions = definitions;
  }

  /** Keeps an endorser's private writes and hands each collection's part to its members. */
  async distribute(
    txId: string,
    endorser: string,
    writes: readonly PrivateCollectionWrites[],
  ): Promise<void> {
    const height = this.#ledger.height;
    const entry = this.#entries.get(txId) ?? { height, byMsp: new Map<string, PrivateCollectionWrites[]>() };
    this.#entries.set(txId, entry);
    const stored: Promise<void>[] = [];
    for (const [mspId, database] of this.#ledger.privates) {
      const part = writes.filter(
        ({ namespace, collection }) =>
          mspId === endorser || this.#definitions.holds(mspId, namespace, collection),
      );
      const known = entry.byMsp.get(mspId) ?? [];
      const fresh = part.filter((each) => !known.some((other) => sameWrites(each, other)));
      if (fresh.length === 0) continue;
      const all = [...known, ...fresh];
      entry.byMsp.set(mspId, all);
      stored.push(database.storeTransient(txId, height, all));
    }
    await Promise.all(stored);
  }

  /** The private data of the valid transactions of a block, for each organisation that keeps it. */
  collect(
    transactions: readonly { readonly tx: number; readonly transaction: ParsedTransaction }[],
  ): PrivateDataOfBlock {
    const result = new Map<string, Map<number, PrivateCollectionWrites[]>>();
    for (const { tx, transaction } of transactions) {
      for (const { namespace, collections } of transaction.action?.rwset ?? []) {
        for (const { collection, pvtRwsetHash } of collections) {
          if (pvtRwsetHash.length === 0) continue;
          const writes = this.#find(transaction.txId, namespace, collection, pvtRwsetHash);
          if (writes === undefined) continue;
          for (const mspId of this.#ledger.privates.keys()) {
            if (!this.#definitions.holds(mspId, namespace, collection)) continue;
            const byTx = result.get(mspId) ?? new Map<number, PrivateCollectionWrites[]>();
            byTx.set(tx, [...(byTx.get(tx) ?? []), writes]);
            result.set(mspId, byTx);
          }
        }
      }
    }
    return result;
  }

  #find(
    txId: string,
    namespace: string,
    collection: string,
    hash: Uint8Array,
  ): PrivateCollectionWrites | undefined {
    const entry = this.#entries.get(txId);
    for (const [mspId, database] of this.#ledger.privates) {
      const known = entry?.byMsp.get(mspId) ?? database.transient(txId);
      const found = known.find(
        (each) =>
          each.namespace === namespace && each.collection === collection && sha256(each.rwset).equals(hash),
      );
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Forgets what a committed block settled, and now and then what nobody submitted. */
  async settle(block: number, transactions: readonly ParsedTransaction[]): Promise<void> {
    for (const { txId } of transactions) this.#entries.delete(txId);
    if (block % RETENTION_BLOCKS !== 0) return;
    for (const [txId, { height }] of this.#entries) {
      if (height < block - RETENTION_BLOCKS) this.#entries.delete(txId);
    }
    for (const database of this.#ledger.privates.values()) {
      await database.purgeTransientBefore(block - RETENTION_BLOCKS);
    }
  }
}

function sameWrites(a: PrivateCollectionWrites, b: PrivateCollectionWrites): boolean {
  return a.namespace === b.namespace && a.collection === b.collection && a.rwset.equals(b.rwset);
}
