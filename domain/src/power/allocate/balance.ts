import { maxW, type LaneW } from '../model/phases.ts';
import type { Tree } from '../model/tree.ts';

/** A row of watts by node, and one of those a lane. */
export type ByNode = bigint[];
export type Grid = ByNode[];

export const emptyGrid = (tree: Tree): Grid =>
  Array.from({ length: tree.lanes }, () => tree.nodes.map(() => 0n));

/** What flows down through each node of a lane, when sources below give all that they can use there. */
export interface LaneFlow {
  /** Load less supply, before what may flow up is cut off. */
  readonly rawW: ByNode;
  /** Negative when it flows up. The connection sends nothing up: an export is a load at it. */
  readonly netW: ByNode;
}

/** Most that may flow up through a node, as a negative number. */
export const lowestNetW = (tree: Tree, index: number, lane: number): bigint =>
  index === 0 ? 0n : -(tree.nodes[index]?.exportW[lane] ?? 0n);

export const flowOf = (tree: Tree, lane: number, loadW: ByNode, supplyW: ByNode): LaneFlow => {
  const rawW = tree.nodes.map((_, index) => (loadW[index] ?? 0n) - (supplyW[index] ?? 0n));
  const netW: ByNode = [];
  for (let index = tree.nodes.length - 1; index >= 0; index -= 1) {
    const ownW = rawW[index] ?? 0n;
    const flowsW = maxW(lowestNetW(tree, index, lane), ownW);
    netW[index] = flowsW;
    const parent = tree.nodes[index]?.parent ?? -1;
    if (parent >= 0) rawW[parent] = (rawW[parent] ?? 0n) + flowsW;
  }
  return { rawW, netW };
};

/** Puts an even part of some watts on each of the lanes; the watts are a multiple of their number. */
export const evenly = (totalW: bigint, lanes: readonly number[], tree: Tree): LaneW => {
  const partW = totalW / BigInt(lanes.length);
  return Array.from({ length: tree.lanes }, (_, lane) => (lanes.includes(lane) ? partW : 0n));
};
