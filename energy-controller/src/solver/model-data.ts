import type { LinearModel } from '@roamgrid/domain/power';

/** A model as flat arrays of numbers, rows compressed: what crosses to the solver's thread. No text and no id goes with it. */
export interface ModelData {
  readonly cost: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly rowLower: Float64Array;
  readonly rowUpper: Float64Array;
  /** Where each row begins in `columns` and `factors`, and where the last one ends. */
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly factors: Float64Array;
}

/**
 * The arrays of a model.
 * @throws RangeError for a number that a double does not hold exactly: a solver would solve another model without a word.
 */
export const modelData = ({ columns, rows }: LinearModel): ModelData => {
  const exact = (value: bigint): number => {
    const double = Number(value);
    if (!Number.isSafeInteger(double)) throw new RangeError(`the model holds ${value}, more than 2^53`);
    return double;
  };
  const bound = (value: bigint | undefined, otherwise: number): number =>
    value === undefined ? otherwise : exact(value);
  const starts = new Int32Array(rows.length + 1);
  rows.forEach(({ terms }, row) => {
    starts[row + 1] = (starts[row] ?? 0) + terms.length;
  });
  const terms = rows.flatMap((row) => row.terms);
  return {
    cost: Float64Array.from(columns, ({ cost }) => exact(cost)),
    lower: Float64Array.from(columns, ({ lower }) => exact(lower)),
    upper: Float64Array.from(columns, ({ upper }) => bound(upper, Infinity)),
    rowLower: Float64Array.from(rows, ({ lower }) => bound(lower, -Infinity)),
    rowUpper: Float64Array.from(rows, ({ upper }) => bound(upper, Infinity)),
    starts,
    columns: Int32Array.from(terms, ({ column }) => column),
    factors: Float64Array.from(terms, ({ factor }) => exact(factor)),
  };
};
