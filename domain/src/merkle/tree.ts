/**
 * Merkle tree over a batch of records, so that one can be proven without the rest.
 * Spec: RFC 6962 §2.1 (RFC 9162 §2.1): leaves are hashed behind a 0x00 byte and nodes behind 0x01, so that no node can
 * be passed off as a leaf. The hash function is a parameter; the consortium uses SHA-256.
 */

export type HashFunction = (data: Uint8Array) => Uint8Array;

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

const prefixed = (prefix: number, left: Uint8Array, right?: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(1 + left.length + (right?.length ?? 0));
  bytes[0] = prefix;
  bytes.set(left, 1);
  if (right !== undefined) bytes.set(right, 1 + left.length);
  return bytes;
};

/** `H(0x00 ‖ leaf)`. */
export const hashLeaf = (hash: HashFunction, leaf: Uint8Array): Uint8Array =>
  hash(prefixed(LEAF_PREFIX, leaf));

/** `H(0x01 ‖ left ‖ right)`. */
export const hashNode = (hash: HashFunction, left: Uint8Array, right: Uint8Array): Uint8Array =>
  hash(prefixed(NODE_PREFIX, left, right));

/** Proves that one leaf is in a tree: the neighbours on its way to the root, from the bottom up. */
export interface InclusionProof {
  readonly leafIndex: number;
  readonly treeSize: number;
  readonly path: readonly Uint8Array[];
}

export interface MerkleTree {
  readonly size: number;
  readonly root: Uint8Array;
  /** Throws `RangeError` for an index that is not in the tree. */
  prove(leafIndex: number): InclusionProof;
}

/** Pairs a level up; a last one without a neighbour moves up as it is, which is RFC 6962's split by powers of two. */
const levelAbove = (hash: HashFunction, level: readonly Uint8Array[]): readonly Uint8Array[] =>
  level.flatMap((left, index) => {
    if (index % 2 === 1) return [];
    const right = level[index + 1];
    return [right === undefined ? left : hashNode(hash, left, right)];
  });

/** Builds the tree of a batch in its order. Leaves are records' hashes, 32 bytes with SHA-256; any bytes will do. */
export const merkleTree = (hash: HashFunction, leaves: readonly Uint8Array[]): MerkleTree => {
  const levels = [leaves.map((leaf) => hashLeaf(hash, leaf))];
  for (let level = levels[0] ?? []; level.length > 1;) {
    level = [...levelAbove(hash, level)];
    levels.push([...level]);
  }
  const root = levels.at(-1)?.[0] ?? hash(new Uint8Array(0));

  const prove = (leafIndex: number): InclusionProof => {
    if (!Number.isInteger(leafIndex) || leafIndex < 0 || leafIndex >= leaves.length) {
      throw new RangeError(`leaf ${leafIndex} is not in a tree of ${leaves.length}`);
    }
    const path: Uint8Array[] = [];
    let index = leafIndex;
    for (const level of levels) {
      const neighbour = level[index % 2 === 0 ? index + 1 : index - 1];
      if (neighbour !== undefined) path.push(neighbour);
      index >>= 1;
    }
    return { leafIndex, treeSize: leaves.length, path };
  };
  return { size: leaves.length, root, prove };
};
