import { concat, same, utf8, type Bytes } from '../bytes.ts';
import type { Primitives } from '../primitives.ts';

/**
 * What Fabric keeps of a range with many keys instead of its reads: hashes of groups of them, of groups of those, and so on, until few
 * are left. Spec: Fabric `core/ledger/kvledger/txmgmt/rwsetutil/query_results_helper.go`.
 */
export interface RangeSummary {
  /** A group is of one more. */
  readonly degree: number;
  readonly level: number;
  readonly hashes: readonly Bytes[];
}

/** A key that was read, with the transaction that had written it. */
export interface Found {
  readonly key: string;
  readonly version: { readonly block: number; readonly tx: number };
}

const varint = (value: number): Bytes => {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80);
  return Uint8Array.of(...bytes, left);
};

/** A number’s field; one that is nothing is left out. */
const numberField = (tag: number, value: number): Bytes =>
  value === 0 ? new Uint8Array() : concat(Uint8Array.of(tag), varint(value));

const bytesField = (tag: number, value: Bytes): Bytes =>
  concat(Uint8Array.of(tag), varint(value.length), value);

/** `KVRead` as an entry of `QueryReads`. Spec: Fabric `ledger/rwset/kvrwset/kv_rwset.proto`. */
const readField = ({ key, version }: Found): Bytes => {
  const written = concat(numberField(0x08, version.block), numberField(0x10, version.tx));
  return bytesField(0x0a, concat(bytesField(0x0a, utf8(key)), bytesField(0x12, written)));
};

/** Groups of so many, the last one of what is left. */
const groups = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));

/** The summary of these reads; nothing of so few that Fabric keeps them as they are. */
const summaryOf = (
  { sha256 }: Primitives,
  degree: number,
  reads: readonly Found[],
): RangeSummary | undefined => {
  if (degree < 2 || reads.length <= degree) return undefined;
  let hashes = groups(reads, degree + 1).map((group) => sha256(...group.map(readField)));
  let level = 1;
  while (hashes.length > degree) {
    // What stands alone at the end of its level is not hashed again.
    hashes = groups(hashes, degree + 1).map((group) =>
      group.length === 1 ? concat(...group) : sha256(...group),
    );
    level += 1;
  }
  return { degree, level, hashes };
};

/** Whether a summary is that of these reads. */
export const isSummaryOf = (primitives: Primitives, told: RangeSummary, reads: readonly Found[]): boolean => {
  const found = summaryOf(primitives, told.degree, reads);
  return (
    found?.level === told.level &&
    found.hashes.length === told.hashes.length &&
    found.hashes.every((hash, at) => same(hash, told.hashes[at] ?? new Uint8Array()))
  );
};
