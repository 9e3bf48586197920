import { maxW, minW, type LaneW } from '../model/phases.ts';
import type { Tree, TreeNode } from '../model/tree.ts';
import { flowOf, type Grid, type LaneFlow } from './balance.ts';

/** What stands in the way of more: a node, or that sources have no more. */
export interface Room {
  readonly roomW: bigint;
  readonly bound: TreeNode | 'sources';
  readonly lane?: number;
}

export interface FlowLimits {
  /** What all grids together can deliver, W. */
  readonly gridW: bigint;
  /** Soft limit of the connection from outside, as in a demand-response event, W. */
  readonly softConnectionW: bigint;
}

/** How much more a leaf can take, kept up to date as loads are added. Lives within one decision. */
export class Flow {
  readonly #tree: Tree;
  readonly #limits: FlowLimits;
  readonly #loadW: Grid;
  readonly #lanes: readonly LaneFlow[];

  /** Copies the loads that are there already. */
  constructor(tree: Tree, loadW: Grid, supplyW: Grid, limits: FlowLimits) {
    this.#tree = tree;
    this.#limits = limits;
    this.#loadW = loadW.map((lane) => [...lane]);
    this.#lanes = this.#loadW.map((lane, index) => flowOf(tree, index, lane, supplyW[index] ?? []));
  }

  get tree(): Tree {
    return this.#tree;
  }

  get loadW(): Grid {
    return this.#loadW;
  }

  /**
   * Most that a leaf can take more, evenly on its lanes, in whole watts a lane. With `isSoft` soft limits hold as hard ones do.
   * In a total, what flows up on one phase does not make good what flows down on another: it may be wanted by nobody above. And
   * a surplus counts only as far as all phases of the leaf have it.
   */
  room(leaf: TreeNode, lanes: readonly number[], isSoft: boolean): Room {
    const wide = BigInt(lanes.length);
    const absorbedW = lanes.map(() => 0n);
    const hasTotals = this.#tree.lanes > 1;
    let roomW: bigint | undefined;
    let bound: Room['bound'] = 'sources';
    let boundLane: number | undefined;
    for (const index of leaf.path) {
      const node = this.#tree.nodes[index];
      if (node === undefined) continue;
      const limitsW = isSoft ? node.softW : node.hardW;
      let leastW: bigint | undefined;
      for (let at = 0; at < lanes.length; at += 1) {
        const lane = lanes[at] ?? 0;
        const flow = this.#lanes[lane];
        const netW = flow?.netW[index] ?? 0n;
        const hereW = (absorbedW[at] ?? 0n) + netW - (flow?.rawW[index] ?? 0n);
        absorbedW[at] = hereW;
        const freeW = netW < 0n ? hereW - netW : hereW;
        if (leastW === undefined || freeW < leastW) leastW = freeW;
        const laneRoomW = ((limitsW[lane] ?? 0n) - netW + hereW) * wide;
        if (roomW !== undefined && laneRoomW >= roomW) continue;
        roomW = laneRoomW;
        bound = node;
        boundLane = lane;
      }
      if (!hasTotals && index > 0) continue;
      const total = this.#totalRoom(node, (leastW ?? 0n) * wide, isSoft);
      if (roomW !== undefined && total.roomW >= roomW) continue;
      ({ roomW, bound } = total);
      boundLane = undefined;
    }
    const wholeW = maxW(0n, roomW ?? 0n);
    const inLane = boundLane === undefined ? {} : { lane: boundLane };
    return { roomW: wide === 1n ? wholeW : wholeW - (wholeW % wide), bound, ...inLane };
  }

  #totalRoom(node: TreeNode, absorbedW: bigint, isSoft: boolean): Omit<Room, 'lane'> {
    const throughW = this.throughW(node);
    const ownW = isSoft ? node.softTotalW : node.hardTotalW;
    const { gridW, softConnectionW } = this.#limits;
    const isConnection = node.index === 0;
    const limitW = isConnection && isSoft ? minW(ownW, softConnectionW) : ownW;
    return isConnection && gridW < limitW
      ? { roomW: gridW - throughW + absorbedW, bound: 'sources' }
      : { roomW: limitW - throughW + absorbedW, bound: node };
  }

  /** Puts a load on a leaf; negative takes it off again. */
  add(leaf: TreeNode, laneW: LaneW): void {
    for (const [lane, moreW] of laneW.entries()) {
      const flow = this.#lanes[lane];
      const loads = this.#loadW[lane];
      if (moreW === 0n || flow === undefined || loads === undefined) continue;
      loads[leaf.index] = (loads[leaf.index] ?? 0n) + moreW;
      let changeW = moreW;
      for (const index of leaf.path) {
        const rawW = (flow.rawW[index] ?? 0n) + changeW;
        const netW = maxW(this.#tree.nodes[index]?.lowestW[lane] ?? 0n, rawW);
        changeW = netW - (flow.netW[index] ?? 0n);
        flow.rawW[index] = rawW;
        flow.netW[index] = netW;
        if (changeW === 0n) break;
      }
    }
  }

  /** What flows down through a node now, on all lanes on which it does, W. */
  throughW(node: TreeNode): bigint {
    let sum = 0n;
    for (const { netW } of this.#lanes) sum += maxW(0n, netW[node.index] ?? 0n);
    return sum;
  }

  laneW(node: TreeNode, lane: number): bigint {
    return this.#lanes[lane]?.netW[node.index] ?? 0n;
  }
}
