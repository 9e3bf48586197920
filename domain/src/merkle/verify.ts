import { hashLeaf, hashNode, type HashFunction, type InclusionProof } from './tree.ts';

/** Batches are far smaller; within it, shifting an index is exact. */
const MAX_TREE_SIZE = 2 ** 30;

const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

/**
 * True when the proof leads from the leaf to the root. False for any other proof, however malformed: proofs come from
 * outside. Spec: RFC 9162 §2.1.3.2.
 */
export const verifyInclusion = (
  hash: HashFunction,
  leaf: Uint8Array,
  { leafIndex, treeSize, path }: InclusionProof,
  root: Uint8Array,
): boolean => {
  const inTree = Number.isInteger(leafIndex) && leafIndex >= 0 && leafIndex < treeSize;
  if (!inTree || !Number.isInteger(treeSize) || treeSize > MAX_TREE_SIZE) return false;
  let index = leafIndex;
  let last = treeSize - 1;
  let reached = hashLeaf(hash, leaf);
  for (const neighbour of path) {
    if (last === 0) return false;
    if (index % 2 === 1 || index === last) {
      reached = hashNode(hash, neighbour, reached);
      while (index % 2 === 0 && index !== 0) {
        index >>= 1;
        last >>= 1;
      }
    } else {
      reached = hashNode(hash, reached, neighbour);
    }
    index >>= 1;
    last >>= 1;
  }
  return last === 0 && equal(reached, root);
};
