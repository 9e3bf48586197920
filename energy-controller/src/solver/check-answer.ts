import type { ModelData } from './model-data.ts';

/** How far a value may lie outside, as a part of the largest number of its row: what a solver's tolerances come to. */
const TOLERANCE = 1e-6;

const isOutside = (value: number, lower: number, upper: number, scale: number): boolean =>
  // Written so that NaN is outside.
  !(value >= lower - TOLERANCE * scale && value <= upper + TOLERANCE * scale);

const sizeOf = (bound: number): number => (Number.isFinite(bound) ? Math.abs(bound) : 0);

/** What is wrong with a solver's values, by our own arithmetic and not by what it says of itself; undefined when they keep all bounds. */
export const faultOf = (model: ModelData, values: ArrayLike<number>): string | undefined => {
  if (values.length !== model.cost.length) return `${values.length} values for ${model.cost.length} columns`;
  for (const [column, lower] of model.lower.entries()) {
    const [value, upper] = [values[column] ?? NaN, model.upper[column] ?? NaN];
    if (isOutside(value, lower, upper, Math.max(1, sizeOf(lower), sizeOf(upper))))
      return `column ${column} is ${value}, outside ${lower} to ${upper}`;
  }
  for (const [row, lower] of model.rowLower.entries()) {
    const upper = model.rowUpper[row] ?? NaN;
    let sum = 0;
    let scale = Math.max(1, sizeOf(lower), sizeOf(upper));
    for (let at = model.starts[row] ?? 0; at < (model.starts[row + 1] ?? 0); at += 1) {
      const part = (model.factors[at] ?? NaN) * (values[model.columns[at] ?? -1] ?? NaN);
      sum += part;
      scale = Math.max(scale, Math.abs(part));
    }
    if (isOutside(sum, lower, upper, scale))
      return `row ${row} comes to ${sum}, outside ${lower} to ${upper}`;
  }
  return undefined;
};
