/** Iterators that a simulation hands out, each recording what its caller has seen. */
import type { VersionedKv } from '../ledger/state-db.ts';
import type { Height } from '../ledger/height.ts';
import type { RangeQuery } from './rwset.ts';

/** A result as the chaincode sees it. */
export interface KeyValue {
  readonly namespace: string;
  readonly key: string;
  readonly value: Uint8Array;
}

/** Yields results one by one; undefined at the end. */
export interface ResultIterator<T> {
  next(): Promise<T | undefined>;
  close(): Promise<void>;
  /** For a paginated query: closes the iterator and returns the key that the next page starts with. */
  bookmark?(): Promise<string>;
}

/**
 * A range of public keys. The recorded range ends with the last key handed out until the iterator is exhausted, so that
 * a phantom check covers what the caller saw and no more.
 */
export class RangeIterator implements ResultIterator<KeyValue> {
  readonly #namespace: string;
  readonly #startKey: string;
  readonly #wantedEnd: string;
  readonly #rows: AsyncGenerator<VersionedKv>;
  readonly #pageSize: number;
  readonly #reads: { key: string; version: Height }[] = [];
  #endKey = '';
  #exhausted = false;

  /** `pageSize` 0 means no limit. */
  constructor(
    namespace: string,
    startKey: string,
    endKey: string,
    pageSize: number,
    rowsOfRange: AsyncGenerator<VersionedKv>,
  ) {
    this.#namespace = namespace;
    this.#startKey = startKey;
    this.#wantedEnd = endKey;
    this.#pageSize = pageSize;
    this.#rows = rowsOfRange;
  }

  async next(): Promise<KeyValue | undefined> {
    const full = this.#pageSize > 0 && this.#reads.length >= this.#pageSize;
    const step = full ? undefined : await this.#rows.next();
    if (step === undefined || step.done === true) {
      this.#exhausted = true;
      this.#endKey = this.#wantedEnd;
      return undefined;
    }
    const { key, value, version } = step.value;
    this.#reads.push({ key, version });
    this.#endKey = key;
    return { namespace: this.#namespace, key, value };
  }

  async bookmark(): Promise<string> {
    const step = await this.#rows.next();
    await this.close();
    return step.done === true ? '' : step.value.key;
  }

  async close(): Promise<void> {
    await this.#rows.return(undefined);
  }

  /** What the read set says about this range. */
  get query(): { readonly namespace: string; readonly query: RangeQuery } {
    return {
      namespace: this.#namespace,
      query: {
        startKey: this.#startKey,
        endKey: this.#endKey,
        exhausted: this.#exhausted,
        reads: this.#reads,
      },
    };
  }
}

/** A range of private keys; it is not re-executed at commit. */
export class PrivateRangeIterator implements ResultIterator<KeyValue> {
  readonly #namespace: string;
  readonly #rows: AsyncGenerator<VersionedKv>;

  constructor(namespace: string, rowsOfRange: AsyncGenerator<VersionedKv>) {
    this.#namespace = namespace;
    this.#rows = rowsOfRange;
  }

  async next(): Promise<KeyValue | undefined> {
    const step = await this.#rows.next();
    return step.done === true
      ? undefined
      : { namespace: this.#namespace, key: step.value.key, value: step.value.value };
  }

  async close(): Promise<void> {
    await this.#rows.return(undefined);
  }
}
