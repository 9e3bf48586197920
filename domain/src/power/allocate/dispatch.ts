import { maxW, minW, sumW, type LaneW } from '../model/phases.ts';
import type { Tree } from '../model/tree.ts';
import { emptyGrid, flowOf, type Grid, type LaneFlow } from './balance.ts';
import type { Supply } from './supply.ts';

/** What a source delivers, by lane. */
export interface Output {
  readonly supply: Supply;
  readonly laneW: LaneW;
}

/** Which source delivers how much. The least wanted one is lowered first, as far as the others can carry the loads. */
class Dispatch {
  readonly #tree: Tree;
  readonly #loadW: Grid;
  readonly #outW = new Map<Supply, bigint[]>();
  /** What grids may deliver: all together, and by lane once it is settled. */
  #gridW: bigint;
  #gridLaneW: readonly bigint[] | undefined;

  constructor(tree: Tree, loadW: Grid, locals: readonly (readonly [Supply, LaneW])[], gridW: bigint) {
    this.#tree = tree;
    this.#loadW = loadW;
    this.#gridW = gridW;
    for (const [supply, laneW] of locals) this.#outW.set(supply, [...laneW]);
  }

  #lane(lane: number): LaneFlow {
    const supplyW = this.#tree.nodes.map(() => 0n);
    for (const [{ leaf }, outW] of this.#outW)
      supplyW[leaf.index] = (supplyW[leaf.index] ?? 0n) + (outW[lane] ?? 0n);
    return flowOf(this.#tree, lane, this.#loadW[lane] ?? [], supplyW);
  }

  /** What the connection has to bring on each lane. */
  neededW(): readonly bigint[] {
    return Array.from({ length: this.#tree.lanes }, (_, lane) => this.#lane(lane).netW[0] ?? 0n);
  }

  /** From here on grids deliver what they have to and no more. */
  settleGrids(): void {
    this.#gridLaneW = this.neededW();
    this.#gridW = sumW(this.#gridLaneW);
  }

  /** Lowers a source to what others cannot deliver in its place. */
  lower(supply: Supply): void {
    const outW = this.#outW.get(supply);
    if (outW === undefined) return;
    const mostW = [...outW];
    for (const lane of supply.lanes) {
      outW[lane] = 0n;
      outW[lane] = minW(this.#missingW(supply, lane), mostW[lane] ?? 0n);
    }
    for (const lane of supply.lanes) {
      const openW = (mostW[lane] ?? 0n) - (outW[lane] ?? 0n);
      if (openW > 0n) outW[lane] = (outW[lane] ?? 0n) + minW(openW, this.#missingInTotalW(supply, lane));
    }
  }

  /** By how much a limit above the source is exceeded on a lane. */
  #missingW({ leaf }: Supply, lane: number): bigint {
    const { netW } = this.#lane(lane);
    let missingW = 0n;
    for (const index of leaf.path) {
      const limitW = this.#tree.nodes[index]?.hardW[lane] ?? 0n;
      missingW = maxW(missingW, (netW[index] ?? 0n) - limitW);
    }
    const laneLimitW = this.#gridLaneW?.[lane] ?? (this.#tree.lanes === 1 ? this.#gridW : undefined);
    return laneLimitW === undefined ? missingW : maxW(missingW, (netW[0] ?? 0n) - laneLimitW);
  }

  /**
   * By how much a total above the source is exceeded, as far as more of it on this lane would arrive there and be used: a node on
   * the way may send up all that it may already, and the lane may need nothing.
   */
  #missingInTotalW({ leaf }: Supply, lane: number): bigint {
    const flows = Array.from({ length: this.#tree.lanes }, (_, at) => this.#lane(at).netW);
    let arrivesW: bigint | undefined;
    let missingW = 0n;
    for (const index of leaf.path) {
      const downW = flows[lane]?.[index] ?? 0n;
      const upW = downW - (this.#tree.nodes[index]?.lowestW[lane] ?? 0n);
      arrivesW = arrivesW === undefined ? upW : minW(arrivesW, upW);
      const limitW = this.#tree.nodes[index]?.hardTotalW ?? 0n;
      const allowedW = index === 0 ? minW(limitW, this.#gridW) : limitW;
      const overW = sumW(flows.map((netW) => maxW(0n, netW[index] ?? 0n))) - allowedW;
      missingW = maxW(missingW, minW(overW, minW(arrivesW, downW)));
    }
    return missingW;
  }

  outputs(): readonly Output[] {
    return [...this.#outW].map(([supply, laneW]) => ({ supply, laneW }));
  }
}

/** Splits what grids deliver over them in their order; each has its own limit. */
const splitGrids = (grids: readonly Supply[], neededW: LaneW): readonly Output[] => {
  const leftW = [...neededW];
  return grids.map((supply) => {
    let roomW = supply.totalW;
    const laneW = leftW.map((openW, lane) => {
      const takenW = minW(openW, roomW);
      roomW -= takenW;
      leftW[lane] = openW - takenW;
      return takenW;
    });
    return { supply, laneW };
  });
};

/**
 * Divides loads that can be carried over sources in the order in which they are to be used: none that comes later delivers what an
 * earlier one could have. `capsW` is what each source may deliver by lane; of grids their totals count.
 */
export const dispatch = (
  tree: Tree,
  loadW: Grid,
  ordered: readonly Supply[],
  capsW: ReadonlyMap<Supply, LaneW>,
  gridW: bigint,
): readonly Output[] => {
  const grids = ordered.filter(({ source }) => source.kind === 'grid');
  if (grids.length === ordered.length)
    return splitGrids(
      grids,
      loadW.map((lane) => sumW(lane)),
    );
  const locals = ordered.filter(({ source }) => source.kind !== 'grid');
  const work = new Dispatch(
    tree,
    loadW,
    locals.map((supply) => [supply, capsW.get(supply) ?? supply.laneW]),
    gridW,
  );
  let isSettled = false;
  for (const supply of [...ordered].reverse()) {
    if (supply.source.kind !== 'grid') work.lower(supply);
    else if (!isSettled) {
      // With several grids the last one in the order stands for all of them.
      work.settleGrids();
      isSettled = true;
    }
  }
  return [...work.outputs(), ...splitGrids(grids, work.neededW())];
};

/** The supply of the tree by lane and node when every source gives all that it may. */
export const supplyGrid = (
  tree: Tree,
  ordered: readonly Supply[],
  capsW: ReadonlyMap<Supply, LaneW>,
): Grid => {
  const grid = emptyGrid(tree);
  for (const supply of ordered) {
    if (supply.source.kind === 'grid') continue;
    for (const [lane, capW] of (capsW.get(supply) ?? supply.laneW).entries()) {
      const row = grid[lane];
      if (row !== undefined) row[supply.leaf.index] = (row[supply.leaf.index] ?? 0n) + capW;
    }
  }
  return grid;
};
