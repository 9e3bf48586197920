/** A linear programme in whole numbers, for a solver that is a parameter: nothing here knows which one it is. */

export interface Column {
  readonly lower: bigint;
  /** Without it there is no upper bound. */
  readonly upper?: bigint;
  /** What one of it costs; the sum over all columns is minimised. */
  readonly cost: bigint;
}

export interface Term {
  /** Place in {@link LinearModel.columns}. */
  readonly column: number;
  /** Never zero. */
  readonly factor: bigint;
}

/** `lower ≤ Σ factor · column ≤ upper`; at least one of both is given. Each column at most once. */
export interface Row {
  readonly terms: readonly Term[];
  readonly lower?: bigint;
  readonly upper?: bigint;
}

/** All columns are continuous. A model from {@link ModelBuilder} always has a solution: what cannot be met has a price. */
export interface LinearModel {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/** `solved` with a value a column in their order, or why there is none. */
export type SolverAnswer =
  | { readonly status: 'solved'; readonly values: readonly number[] }
  | { readonly status: 'failed'; readonly detail: string };

/** Minimises a model. It may take time and may fail; it is not believed: what it answers is rounded and checked. */
export type Solver = (model: LinearModel) => SolverAnswer | Promise<SolverAnswer>;

/** Collects columns and rows. */
export class ModelBuilder {
  readonly #columns: Column[] = [];
  readonly #rows: Row[] = [];

  /** The place of a new column. */
  column(cost: bigint, upper?: bigint): number {
    return this.#columns.push({ lower: 0n, cost, ...(upper === undefined ? {} : { upper }) }) - 1;
  }

  /** Rows that say nothing are left out: without terms, or with an upper bound that their columns cannot reach. */
  row(terms: readonly Term[], bounds: { readonly lower?: bigint; readonly upper?: bigint }): void {
    const given = terms.filter(({ factor }) => factor !== 0n);
    if (given.length === 0 || (bounds.lower === undefined && this.#isOutOfReach(given, bounds.upper))) return;
    this.#rows.push({ terms: given, ...bounds });
  }

  #isOutOfReach(terms: readonly Term[], upper: bigint | undefined): boolean {
    let most = 0n;
    for (const { column, factor } of terms) {
      const columnUpper = this.#columns[column]?.upper;
      if (factor > 0n && columnUpper === undefined) return false;
      if (factor > 0n) most += factor * (columnUpper ?? 0n);
    }
    return upper === undefined || most <= upper;
  }

  build(): LinearModel {
    return { columns: this.#columns, rows: this.#rows };
  }
}
