/** The committed state during the validation of one block, in which it does not change: every row is read once. */
import type { StateDb, VersionedKv } from '../ledger/state-db.ts';
import type { VersionedValue } from '../ledger/values.ts';
import { hexOf } from './tx-ops.ts';

export class BlockState {
  readonly #state: StateDb;
  readonly #public = new Map<string, Map<string, VersionedValue | undefined>>();
  readonly #hashed = new Map<string, VersionedValue | undefined>();

  constructor(state: StateDb) {
    this.#state = state;
  }

  get(namespace: string, key: string): VersionedValue | undefined {
    let keys = this.#public.get(namespace);
    if (keys === undefined)
      this.#public.set(namespace, (keys = new Map<string, VersionedValue | undefined>()));
    let row = keys.get(key);
    if (row === undefined && !keys.has(key)) {
      row = this.#state.get(namespace, key);
      keys.set(key, row);
    }
    return row;
  }

  getHashed(namespace: string, collection: string, keyHash: Uint8Array): VersionedValue | undefined {
    const id = `${namespace}\u0000${collection}\u0000${hexOf(keyHash)}`;
    let row = this.#hashed.get(id);
    if (row === undefined && !this.#hashed.has(id)) {
      row = this.#state.getHashed(namespace, collection, keyHash);
      this.#hashed.set(id, row);
    }
    return row;
  }

  range(
    namespace: string,
    startKey: string,
    endKey: string,
    includeEnd: boolean,
  ): AsyncGenerator<VersionedKv> {
    return this.#state.range(namespace, startKey, endKey, { includeEnd });
  }
}
