import { concat, same, type Bytes } from './bytes.ts';
import type { Primitives } from './primitives.ts';

/** Merkle trees. Spec: RFC 6962 §2.1: leaves are hashed behind a zero byte, nodes behind a one. */

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export interface Way {
  readonly index: number;
  readonly size: number;
  /** Siblings from leaf to root. */
  readonly path: readonly Bytes[];
}

/** Whether an entry lies under a root where the way says: the root is formed from above, as the specification defines it. */
export const leadsTo = (
  { sha256 }: Primitives,
  entry: Bytes,
  { index, size, path }: Way,
  root: Bytes,
): boolean => {
  if (index >= size) return false;
  const siblings = [...path];
  /** Hash of the subtree of `width` entries in which ours is the `at`th; the nearest sibling is the last one taken. */
  const hashOf = (at: number, width: number): Bytes | undefined => {
    if (width === 1) return sha256(LEAF, entry);
    let left = 1;
    while (left * 2 < width) left *= 2;
    const sibling = siblings.pop();
    if (sibling === undefined) return undefined;
    const own = at < left ? hashOf(at, left) : hashOf(at - left, width - left);
    if (own === undefined) return undefined;
    return at < left ? sha256(NODE, own, sibling) : sha256(NODE, sibling, own);
  };
  const found = hashOf(index, size);
  return found !== undefined && siblings.length === 0 && same(found, root);
};

/** The root over entries in their order. */
export const rootOf = ({ sha256 }: Primitives, entries: readonly Bytes[]): Bytes => {
  if (entries.length === 0) return sha256();
  let level = entries.map((entry) => sha256(LEAF, entry));
  while (level.length > 1) {
    const next: Bytes[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = [level[at], level[at + 1]];
      if (left !== undefined) next.push(right === undefined ? left : sha256(NODE, left, right));
    }
    level = next;
  }
  return level[0] ?? concat();
};
