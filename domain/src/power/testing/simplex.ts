import type { LinearModel, Solver } from '../index.ts';

/**
 * A small dense simplex for small models: two phases, Bland's rule, so that it ends. It shares nothing with the solver that the
 * product uses, and shows that the core takes any.
 */

const TINY = 1e-9;

interface Tableau {
  /** A row of factors with its right side last. */
  readonly rows: number[][];
  /** The column that each row has in the basis. */
  readonly basis: number[];
}

const pivot = ({ rows, basis }: Tableau, at: number, column: number): void => {
  const row = rows[at] ?? [];
  const by = row[column] ?? 1;
  row.forEach((value, index) => (row[index] = value / by));
  rows.forEach((other, index) => {
    const factor = other[column] ?? 0;
    if (index === at || factor === 0) return;
    other.forEach((value, place) => (other[place] = value - factor * (row[place] ?? 0)));
  });
  basis[at] = column;
};

/** Minimises `costs` over the first `width` columns. */
const minimise = (tableau: Tableau, costs: readonly number[], width: number): void => {
  const { rows, basis } = tableau;
  for (;;) {
    const reduced = (column: number): number =>
      (costs[column] ?? 0) -
      rows.reduce((sum, row, at) => sum + (costs[basis[at] ?? 0] ?? 0) * (row[column] ?? 0), 0);
    const entering = Array.from({ length: width }, (_, column) => column).find(
      (column) => reduced(column) < -TINY * 1e3,
    );
    if (entering === undefined) return;
    let leaving = -1;
    let least = Infinity;
    rows.forEach((row, at) => {
      const factor = row[entering] ?? 0;
      if (factor <= TINY) return;
      const ratio = (row.at(-1) ?? 0) / factor;
      const isBetter =
        ratio < least - TINY ||
        (Math.abs(ratio - least) <= TINY && (basis[at] ?? 0) < (basis[leaving] ?? Infinity));
      if (isBetter) [leaving, least] = [at, ratio];
    });
    if (leaving < 0) throw new Error('the model has no lower bound');
    pivot(tableau, leaving, entering);
  }
};

interface Constraint {
  readonly factors: ReadonlyMap<number, number>;
  readonly sense: '<=' | '>=';
  readonly right: number;
}

const constraintsOf = ({ columns, rows }: LinearModel): readonly Constraint[] => [
  ...columns.flatMap(({ upper }, column): readonly Constraint[] =>
    upper === undefined ? [] : [{ factors: new Map([[column, 1]]), sense: '<=', right: Number(upper) }],
  ),
  ...rows.flatMap(({ terms, lower, upper }): readonly Constraint[] => {
    const factors = new Map(terms.map(({ column, factor }) => [column, Number(factor)]));
    return [
      ...(lower === undefined ? [] : [{ factors, sense: '>=' as const, right: Number(lower) }]),
      ...(upper === undefined ? [] : [{ factors, sense: '<=' as const, right: Number(upper) }]),
    ];
  }),
];

/** Solves a model whose columns are not negative. */
export const simplex: Solver = (model) => {
  const constraints = constraintsOf(model);
  const own = model.columns.length;
  const slack = own + constraints.length;
  const width = slack + constraints.length;
  const rows = constraints.map(({ factors, sense, right }, at) => {
    const row = Array.from({ length: width + 1 }, () => 0);
    for (const [column, factor] of factors) row[column] = factor;
    row[own + at] = sense === '<=' ? 1 : -1;
    row[width] = right;
    if (right < 0) row.forEach((value, place) => (row[place] = -value));
    row[slack + at] = 1;
    return row;
  });
  const tableau: Tableau = { rows, basis: rows.map((_, at) => slack + at) };
  minimise(
    tableau,
    Array.from({ length: width }, (_, column) => (column >= slack ? 1 : 0)),
    width,
  );
  const isOpen = tableau.basis.some(
    (column, at) => column >= slack && Math.abs(rows[at]?.at(-1) ?? 0) > 1e-6,
  );
  if (isOpen) return { status: 'failed', detail: 'the model has no solution' };
  tableau.basis.forEach((column, at) => {
    const other = rows[at]?.findIndex((value, place) => place < slack && Math.abs(value) > 1e-7) ?? -1;
    if (column >= slack && other >= 0) pivot(tableau, at, other);
  });
  minimise(
    tableau,
    model.columns.map(({ cost }) => Number(cost)),
    slack,
  );
  const values = model.columns.map(() => 0);
  tableau.basis.forEach((column, at) => {
    if (column < own) values[column] = Math.max(0, rows[at]?.at(-1) ?? 0);
  });
  return { status: 'solved', values };
};
