/** History of a key, newest first, from the blocks themselves. Spec: Fabric `history/query_executer.go`. */
import type { ChannelLedger, CommittedBlock, LedgerView } from './ledger.ts';
import type { Height } from './height.ts';
import type { ResultIterator } from '../simulator/iterators.ts';

export interface HistoryEntry {
  readonly txId: string;
  /** Empty for a delete. */
  readonly value: Uint8Array;
  /** The time that the client gave the transaction. */
  readonly timestampMs: number;
  readonly isDelete: boolean;
}

export type HistoryReader = (namespace: string, key: string) => ResultIterator<HistoryEntry>;

class HistoryIterator implements ResultIterator<HistoryEntry> {
  readonly #ledger: ChannelLedger;
  readonly #namespace: string;
  readonly #key: string;
  readonly #heights: AsyncGenerator<Height>;
  #cached: CommittedBlock | undefined;

  constructor(ledger: ChannelLedger, view: LedgerView, namespace: string, key: string) {
    this.#ledger = ledger;
    this.#namespace = namespace;
    this.#key = key;
    this.#heights = ledger.state.history(namespace, key, view.state);
  }

  async next(): Promise<HistoryEntry | undefined> {
    const step = await this.#heights.next();
    return step.done === true ? undefined : this.#entry(step.value);
  }

  #block(number: number): CommittedBlock {
    if (this.#cached?.number === number) return this.#cached;
    this.#cached = this.#ledger.block(number);
    if (this.#cached === undefined)
      throw new Error(`history names block ${number}, which the ledger does not have`);
    return this.#cached;
  }

  #entry(height: Height): HistoryEntry {
    const transaction = this.#block(height.block).transactions[height.tx];
    if (transaction === undefined)
      throw new Error(`history names a transaction that block ${height.block} lacks`);
    const { txId, timestampMs, action } = transaction;
    const set = action?.rwset.find((ns) => ns.namespace === this.#namespace);
    const write = set?.writes.find((each) => each.key === this.#key);
    if (write === undefined)
      throw new Error(`history names a write of "${this.#key}" that its block does not have`);
    return { txId, timestampMs, value: write.value, isDelete: write.value.length === 0 };
  }

  async close(): Promise<void> {
    await this.#heights.return(undefined);
  }
}

/** A reader of history as of now; `release` it when the simulation is over. */
export function openHistory(ledger: ChannelLedger): { reader: HistoryReader; release: () => void } {
  const view = ledger.view();
  return {
    reader: (namespace, key) => new HistoryIterator(ledger, view, namespace, key),
    release: () => {
      view.release();
    },
  };
}
