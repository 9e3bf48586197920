import { seededChance } from '@roamgrid/domain/chance';

const SEED = 7;
const TREES = 30;
const FEWEST_IN_LEAF = 12;
/** Splits that are tried at a branch: so many features, each cut at so many places. */
const FEATURES_TRIED = 4;
const CUTS_TRIED = 4;

interface Branch {
  readonly feature: number;
  readonly cut: number;
  readonly below: Node;
  readonly above: Node;
}

/** A leaf is the rows that ended in it. */
type Node = Branch | Int32Array;

/** How much of the spread of a target a split explains; undefined when it leaves too few on one side. */
const gainOf = (rows: Int32Array, values: Float64Array, cut: number, target: Float64Array) => {
  let [sum, sumBelow, below] = [0, 0, 0];
  for (const row of rows) {
    const value = target[row] ?? 0;
    sum += value;
    if ((values[row] ?? 0) > cut) continue;
    sumBelow += value;
    below += 1;
  }
  const above = rows.length - below;
  if (below < FEWEST_IN_LEAF || above < FEWEST_IN_LEAF) return undefined;
  const apart = sumBelow / below - (sum - sumBelow) / above;
  return (apart * apart * below * above) / rows.length;
};

/**
 * Trees of random splits whose leaves keep their rows: who falls into one leaf is alike, and what became of them is what may become of
 * another that falls there. Splits are chosen of a few random ones (Geurts, Ernst and Wehenkel 2006), for all targets together.
 */
export class Forest {
  readonly #columns: readonly Float64Array[];
  readonly #targets: readonly Float64Array[];
  readonly #chance = seededChance(SEED);
  readonly #trees: readonly Node[];

  /** Features and targets column by column; targets should be of one size. */
  constructor(columns: readonly Float64Array[], targets: readonly Float64Array[]) {
    this.#columns = columns;
    this.#targets = targets;
    const rows = targets[0]?.length ?? 0;
    this.#trees = Array.from({ length: TREES }, () =>
      this.#grow(Int32Array.from({ length: rows }, () => Math.floor(this.#chance() * rows))),
    );
  }

  /** The rows that are like these features, one list a tree. */
  like(features: readonly number[]): readonly Int32Array[] {
    return this.#trees.map((tree) => {
      let node = tree;
      while (!(node instanceof Int32Array))
        node = (features[node.feature] ?? 0) <= node.cut ? node.below : node.above;
      return node;
    });
  }

  #grow(rows: Int32Array): Node {
    const split = rows.length < 2 * FEWEST_IN_LEAF ? undefined : this.#split(rows);
    if (split === undefined) return rows;
    const { feature, cut } = split;
    const values = this.#columns[feature];
    return {
      feature,
      cut,
      below: this.#grow(rows.filter((row) => (values?.[row] ?? 0) <= cut)),
      above: this.#grow(rows.filter((row) => (values?.[row] ?? 0) > cut)),
    };
  }

  #split(rows: Int32Array): { readonly feature: number; readonly cut: number } | undefined {
    let best: { feature: number; cut: number; gain: number } | undefined;
    for (let tried = 0; tried < FEATURES_TRIED; tried += 1) {
      const feature = Math.floor(this.#chance() * this.#columns.length);
      const values = this.#columns[feature];
      for (let at = 0; at < CUTS_TRIED && values !== undefined; at += 1) {
        const cut = values[rows[Math.floor(this.#chance() * rows.length)] ?? 0] ?? 0;
        let gain: number | undefined = 0;
        for (const target of this.#targets) {
          const one: number | undefined = gainOf(rows, values, cut, target);
          gain = one === undefined || gain === undefined ? undefined : gain + one;
        }
        if (gain !== undefined && gain > (best?.gain ?? 0)) best = { feature, cut, gain };
      }
    }
    return best;
  }
}
