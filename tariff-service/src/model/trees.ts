import { seededChance } from '@roamgrid/domain/chance';

/** A table of features cut into at most 64 bins each, one byte a cell, column by column. */
export interface BinnedTable {
  readonly rows: number;
  readonly columns: number;
  /** Cell `row` of column `column` at `column * rows + row`. */
  readonly bins: Uint8Array;
}

/** Upper edges of the bins of every column: bin k holds values at or under edge k and above edge k − 1. */
export type BinEdges = readonly Float64Array[];

export interface TreeSettings {
  readonly trees: number;
  readonly depth: number;
  readonly learningRate: number;
  readonly minLeafRows: number;
  readonly ridge: number;
  /** Share of rows that each tree sees. */
  readonly rowShare: number;
  /** Share of columns that each tree may split on. */
  readonly columnShare: number;
  readonly seed: number;
}

/** A complete binary tree in level order: node n has children 2n + 1 and 2n + 2; column −1 ends the path. */
interface Tree {
  readonly column: Int16Array;
  readonly bin: Uint8Array;
  readonly value: Float64Array;
}

export interface BoostedTrees {
  readonly edges: BinEdges;
  readonly trees: readonly Tree[];
}

const BINS = 64;

/** Quantile bin edges of each column of a row-major table. */
export function binEdges(values: Float64Array, rows: number, columns: number): BinEdges {
  const stride = Math.max(1, Math.floor(rows / 20_000));
  return Array.from({ length: columns }, (_, column) => {
    const sample = new Float64Array(Math.ceil(rows / stride));
    for (let at = 0; at < sample.length; at++) sample[at] = values[at * stride * columns + column] as number;
    sample.sort();
    const edges: number[] = [];
    for (let bin = 1; bin < BINS; bin++) {
      const edge = sample[Math.floor((bin * sample.length) / BINS)] as number;
      if (edges.length === 0 || edge > (edges.at(-1) as number)) edges.push(edge);
    }
    return Float64Array.from(edges);
  });
}

function binOf(edges: Float64Array, value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= (edges[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function binTable(values: Float64Array, rows: number, columns: number, edges: BinEdges): BinnedTable {
  const bins = new Uint8Array(rows * columns);
  for (let column = 0; column < columns; column++) {
    const own = edges[column] as Float64Array;
    for (let row = 0; row < rows; row++)
      bins[column * rows + row] = binOf(own, values[row * columns + column] as number);
  }
  return { rows, columns, bins };
}

/** Fits boosted regression trees for squared error, level by level, on histograms. */
export function fitTrees(
  table: BinnedTable,
  edges: BinEdges,
  targets: Float64Array,
  weights: Float64Array,
  settings: TreeSettings,
): BoostedTrees {
  const random = seededChance(settings.seed);
  const rest = Float64Array.from(targets);
  const trees: Tree[] = [];
  for (let round = 0; round < settings.trees; round++) {
    const columns = pick(table.columns, settings.columnShare, random);
    const rows = sampleRows(weights, settings.rowShare, random);
    const tree = growTree(table, rest, weights, rows, columns, settings);
    trees.push(tree);
    for (let row = 0; row < table.rows; row++)
      rest[row] = (rest[row] as number) - binnedValue(tree, table, row);
  }
  return { edges, trees };
}

/** Prediction for the row of raw features that starts at `offset`. */
export function predictTrees(model: BoostedTrees, features: Float64Array, offset: number): number {
  const bins = Uint8Array.from(model.edges, (edges, column) =>
    binOf(edges, features[offset + column] as number),
  );
  const table = { rows: 1, columns: bins.length, bins };
  return model.trees.reduce((sum, tree) => sum + binnedValue(tree, table, 0), 0);
}

function binnedValue(tree: Tree, table: BinnedTable, row: number): number {
  let node = 0;
  for (let column = tree.column[0] as number; column >= 0; column = tree.column[node] as number)
    node =
      2 * node + ((table.bins[column * table.rows + row] as number) <= (tree.bin[node] as number) ? 1 : 2);
  return tree.value[node] as number;
}

function pick(count: number, share: number, random: () => number): number[] {
  const chosen = Array.from({ length: count }, (_, index) => index).filter(() => random() < share);
  return chosen.length > 0 ? chosen : [0];
}

function sampleRows(weights: Float64Array, share: number, random: () => number): Int32Array {
  const rows: number[] = [];
  for (let row = 0; row < weights.length; row++)
    if (random() < share && (weights[row] as number) > 0) rows.push(row);
  return Int32Array.from(rows);
}

function growTree(
  table: BinnedTable,
  targets: Float64Array,
  weights: Float64Array,
  rows: Int32Array,
  columns: readonly number[],
  settings: TreeSettings,
): Tree {
  const nodes = 2 ** (settings.depth + 1) - 1;
  const tree: Tree = {
    column: new Int16Array(nodes).fill(-1),
    bin: new Uint8Array(nodes),
    value: new Float64Array(nodes),
  };
  const scratch = new Int32Array(rows.length);
  const sums = new Float64Array(BINS);
  const mass = new Float64Array(BINS);
  const grow = (node: number, from: number, to: number, depth: number): void => {
    let total = 0;
    let weight = 0;
    for (let at = from; at < to; at++) {
      const row = rows[at] as number;
      total += (targets[row] as number) * (weights[row] as number);
      weight += weights[row] as number;
    }
    tree.value[node] = (settings.learningRate * total) / (weight + settings.ridge);
    if (depth === settings.depth || to - from < 2 * settings.minLeafRows) return;
    let best = (total * total) / (weight + settings.ridge) + 1e-12;
    let bestColumn = -1;
    let bestBin = 0;
    for (const column of columns) {
      sums.fill(0);
      mass.fill(0);
      const base = column * table.rows;
      for (let at = from; at < to; at++) {
        const row = rows[at] as number;
        const bin = table.bins[base + row] as number;
        const own = weights[row] as number;
        sums[bin] = (sums[bin] as number) + (targets[row] as number) * own;
        mass[bin] = (mass[bin] as number) + own;
      }
      let left = 0;
      let leftMass = 0;
      for (let bin = 0; bin < BINS - 1; bin++) {
        left += sums[bin] as number;
        leftMass += mass[bin] as number;
        const rightMass = weight - leftMass;
        if (leftMass < settings.minLeafRows || rightMass < settings.minLeafRows) continue;
        const right = total - left;
        const gain =
          (left * left) / (leftMass + settings.ridge) + (right * right) / (rightMass + settings.ridge);
        if (gain > best) {
          best = gain;
          bestColumn = column;
          bestBin = bin;
        }
      }
    }
    if (bestColumn < 0) return;
    tree.column[node] = bestColumn;
    tree.bin[node] = bestBin;
    const base = bestColumn * table.rows;
    let low = from;
    let high = 0;
    for (let at = from; at < to; at++) {
      const row = rows[at] as number;
      if ((table.bins[base + row] as number) <= bestBin) rows[low++] = row;
      else scratch[high++] = row;
    }
    for (let at = 0; at < high; at++) rows[low + at] = scratch[at] as number;
    grow(2 * node + 1, from, low, depth + 1);
    grow(2 * node + 2, low, to, depth + 1);
  };
  grow(0, 0, rows.length, 0);
  return tree;
}
