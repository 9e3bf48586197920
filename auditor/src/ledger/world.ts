import type { Bytes } from '../bytes.ts';
import type { NamespaceSet, PolicyWrite, Version, Write } from '../fabric/rwset.ts';

/** The state that blocks make, kept as far as later transactions are judged by it: values, versions, policies of keys. */

export interface Row {
  readonly value: Bytes;
  readonly version: Version;
  /** Who must endorse changes of the key, when it has a rule of its own. */
  readonly policy: Bytes | undefined;
}

/** What a block changes; a deleted key has no row. */
type Changes = Map<string, Row | undefined>;

/** Keys by the bytes of their UTF-8, as Fabric orders them: units of UTF-16 order alike but for the surrogates. */
export const byBytes = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (one === other) continue;
    const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;
    if (isHigh(one) !== isHigh(other) && one >= 0xd800 && other >= 0xd800) return isHigh(one) ? 1 : -1;
    return one - other;
  }
  return a.length - b.length;
};

/** The keys of one chaincode, or the hashes of those of one of its collections. */
export class Keys {
  readonly #rows = new Map<string, Row>();
  readonly #changes: Changes = new Map();
  #sorted: string[] | undefined;

  /** As before the block. */
  committed(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  /** Whether a transaction before this one in the block wrote the key, be it to delete it. */
  isChanged(key: string): boolean {
    return this.#changes.has(key);
  }

  /** As after the transactions of the block so far. */
  get(key: string): Row | undefined {
    return this.#changes.has(key) ? this.#changes.get(key) : this.#rows.get(key);
  }

  /** Rows of a range as they are now, ascending. */
  *range(from: string, until: string, isUntilIn: boolean): Generator<readonly [string, Row]> {
    this.#sorted ??= [...this.#rows.keys()].sort(byBytes);
    const fresh = [...this.#changes.keys()].filter((key) => !this.#rows.has(key));
    const keys = fresh.length === 0 ? this.#sorted : [...this.#sorted, ...fresh].sort(byBytes);
    for (let at = firstFrom(keys, from); at < keys.length; at += 1) {
      const key = keys[at] ?? '';
      const order = until === '' ? -1 : byBytes(key, until);
      if (order > 0 || (order === 0 && !isUntilIn)) return;
      const row = this.get(key);
      if (row !== undefined) yield [key, row];
    }
  }

  /** Takes a transaction's changes: a value keeps its policy, a policy its value, and what is not there gets none. */
  apply(writes: readonly Write[], policies: readonly PolicyWrite[], version: Version): void {
    const newPolicies = new Map(policies.map(({ key, policy }) => [key, policy]));
    for (const { key, value } of writes) {
      const policy = newPolicies.has(key) ? newPolicies.get(key) : this.get(key)?.policy;
      // A copy: a part of a block would hold the whole of it.
      this.#changes.set(key, value && { value: Uint8Array.from(value), version, policy });
      newPolicies.delete(key);
    }
    for (const [key, policy] of newPolicies) {
      const row = this.get(key);
      if (row !== undefined) this.#changes.set(key, { ...row, version, policy });
    }
  }

  /** The block is over. */
  commit(): void {
    for (const [key, row] of this.#changes) {
      if (row !== undefined && this.#rows.has(key)) this.#rows.set(key, row);
      else {
        this.#sorted = undefined;
        if (row === undefined) this.#rows.delete(key);
        else this.#rows.set(key, row);
      }
    }
    this.#changes.clear();
  }
}

const firstFrom = (keys: readonly string[], from: string): number => {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byBytes(keys[middle] ?? '', from) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

export class World {
  readonly #keys = new Map<string, Keys>();

  /** Public keys of a chaincode; with a collection the hashes of the private ones. */
  of(namespace: string, collection = ''): Keys {
    const id = `${namespace}\u0000${collection}`;
    const known = this.#keys.get(id) ?? new Keys();
    this.#keys.set(id, known);
    return known;
  }

  apply(sets: readonly NamespaceSet[], version: Version): void {
    for (const { namespace, writes, policies, collections } of sets) {
      this.of(namespace).apply(writes, policies, version);
      for (const each of collections)
        this.of(namespace, each.collection).apply(each.writes, each.policies, version);
    }
  }

  commit(): void {
    for (const keys of this.#keys.values()) keys.commit();
  }
}
