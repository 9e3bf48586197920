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

export const flowOf = (tree: Tree, lane: number, loadW: ByNode, supplyW: ByNode): LaneFlow => {
  const { nodes } = tree;
  const rawW = loadW.map((ownW, index) => ownW - (supplyW[index] ?? 0n));
  const netW = [...rawW];
  for (let index = nodes.length - 1; index >= 0; index -= 1) {
    const node = nodes[index];
    if (node === undefined) continue;
    const flowsW = maxW(node.lowestW[lane] ?? 0n, rawW[index] ?? 0n);
    netW[index] = flowsW;
    if (node.parent >= 0) rawW[node.parent] = (rawW[node.parent] ?? 0n) + flowsW;
  }
  return { rawW, netW };
};

/** Puts an even part of some watts on each of the lanes; the watts are a multiple of their number. */
export const evenly = (totalW: bigint, lanes: readonly number[], tree: Tree): LaneW => {
  const parts = Array.from({ length: tree.lanes }, () => 0n);
  const partW = lanes.length === 1 ? totalW : totalW / BigInt(lanes.length);
  for (const lane of lanes) parts[lane] = partW;
  return parts;
};
