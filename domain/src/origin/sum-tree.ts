import type { HashFunction } from '../merkle/index.ts';

/**
 * A Merkle tree whose nodes carry the sum of the Wh below them. Whoever checks one leaf up to the root sees that all leaves
 * together claim no more than the root says, without seeing any of them: so a certificate that was cancelled once backs no
 * more Wh than it has. Spec: ROAM-29. Leaves are hashed behind a 0x00 byte and nodes behind 0x01 (as RFC 6962 §2.1), and
 * every sum, eight bytes, stands under the hash above it.
 */
export interface SumNode {
  readonly hash: Uint8Array;
  readonly wh: bigint;
}

/** The neighbours on a leaf's way to the root, from the bottom up. */
export interface SumStep extends SumNode {
  readonly side: 'left' | 'right';
}

/** More Wh than any certificate has: a sum beyond it is refused, so that none can wrap around. */
const MAX_WH = 1n << 62n;

const eightBytes = (value: bigint): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
};

const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

const isWh = (wh: bigint): boolean => wh >= 0n && wh < MAX_WH;

/** A leaf over a text's hash and its Wh. Throws `RangeError` for Wh that are none. */
export const sumLeaf = (hash: HashFunction, data: Uint8Array, wh: bigint): SumNode => {
  if (!isWh(wh)) throw new RangeError(`${wh} Wh are no part of a certificate`);
  return { hash: hash(joined(Uint8Array.of(0), eightBytes(wh), data)), wh };
};

const above = (hash: HashFunction, left: SumNode, right: SumNode): SumNode => ({
  hash: hash(joined(Uint8Array.of(1), eightBytes(left.wh), left.hash, eightBytes(right.wh), right.hash)),
  wh: left.wh + right.wh,
});

export interface SumTree {
  readonly root: SumNode;
  /** Throws `RangeError` for an index that is not in the tree. */
  stepsFrom(leafIndex: number): readonly SumStep[];
}

/** Builds the tree over leaves in their order, one at least; a node without a neighbour moves up as it is. */
export const sumTree = (hash: HashFunction, leaves: readonly SumNode[]): SumTree => {
  const levels: SumNode[][] = [[...leaves]];
  for (let level = levels[0] ?? []; level.length > 1; level = levels.at(-1) ?? []) {
    const below = level;
    levels.push(
      below.flatMap((left, index) => {
        if (index % 2 === 1) return [];
        const right = below[index + 1];
        return [right === undefined ? left : above(hash, left, right)];
      }),
    );
  }
  const root = levels.at(-1)?.[0];
  if (root === undefined) throw new RangeError('a tree of sums has one leaf at least');
  return {
    root,
    stepsFrom: (leafIndex) => {
      if (!Number.isInteger(leafIndex) || leafIndex < 0 || leafIndex >= leaves.length)
        throw new RangeError(`leaf ${leafIndex} is not in a tree of ${leaves.length}`);
      const steps: SumStep[] = [];
      let index = leafIndex;
      for (const level of levels) {
        const isLeft = index % 2 === 0;
        const neighbour = level[isLeft ? index + 1 : index - 1];
        if (neighbour !== undefined) steps.push({ ...neighbour, side: isLeft ? 'right' : 'left' });
        index >>= 1;
      }
      return steps;
    },
  };
};

const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

/** A longer way than that has no tree. */
const MAX_STEPS = 40;

/** Whether the steps lead from the leaf to the root, hash and sum. False for any other steps: they come from outside. */
export const isInSum = (
  hash: HashFunction,
  leaf: SumNode,
  steps: readonly SumStep[],
  root: SumNode,
): boolean => {
  if (steps.length > MAX_STEPS || !isWh(leaf.wh)) return false;
  let reached = leaf;
  for (const step of steps) {
    if (!isWh(step.wh)) return false;
    reached = step.side === 'left' ? above(hash, step, reached) : above(hash, reached, step);
    if (!isWh(reached.wh)) return false;
  }
  return reached.wh === root.wh && same(reached.hash, root.hash);
};
