import { inverseOf, PRIME, randomNumbers, reduced } from './field.ts';

/**
 * A proof in shares that each of many shared numbers is 0 or 1, of which nobody learns more than that (D. Boneh et al., Zero-knowledge
 * proofs on secret-shared data via fully linear PCPs, 2019; the circuit of many bits is that of
 * draft-irtf-cfrg-vdaf). Bits stand in rows of some columns. Each column is a line through the bits of its rows and a number that nobody knows; `heights`
 * says the sum over the columns of `weight · bit · (bit − 1)` on these lines, at all points. Whoever checks looks at one point.
 */
export interface BitProof {
  /** A secret start of each line, two a column. */
  readonly starts: readonly bigint[];
  /** Factors of the polynomial of the sums, lowest power first. */
  readonly heights: readonly bigint[];
}

export interface BitShape {
  readonly rows: number;
  readonly columns: number;
}

/** Rows and columns for so many bits: about as many of one as of the other. The last ones may stay empty. */
export const shapeOf = (bits: number): BitShape => {
  const columns = Math.max(1, Math.ceil(Math.sqrt(bits)));
  return { rows: Math.ceil(bits / columns), columns };
};

/** What values at 0, 1, …, rows are divided by, inverted; the same for all points. */
const dividersOf = (rows: number): readonly bigint[] =>
  Array.from({ length: rows + 1 }, (_, own) => {
    let below = 1n;
    for (let other = 0; other <= rows; other += 1)
      if (other !== own) below = reduced(below * BigInt(own - other));
    return inverseOf(below);
  });

/** Factors by which values at 0, 1, …, rows are weighed for the value at a point. */
const weightsAt = (point: bigint, dividers: readonly bigint[]): readonly bigint[] =>
  dividers.map((divider, own) => {
    let weight = divider;
    for (let other = 0; other < dividers.length; other += 1)
      if (other !== own) weight = reduced(weight * (point - BigInt(other)));
    return weight;
  });

const powersOf = (base: bigint, count: number): readonly bigint[] => {
  let power = 1n;
  return Array.from({ length: count }, () => (power = (power * base) % PRIME));
};

/** The values of all lines at a point. Of a constant, such as the 1 here, every share is the constant itself. */
const linesAt = (
  bits: readonly bigint[],
  starts: readonly bigint[],
  { rows, columns }: BitShape,
  weights: readonly bigint[],
  powers: readonly bigint[],
): readonly (readonly [bigint, bigint])[] =>
  Array.from({ length: columns }, (_, column) => {
    let weighed = (weights[0] ?? 0n) * (starts[2 * column] ?? 0n);
    let less = (weights[0] ?? 0n) * (starts[2 * column + 1] ?? 0n);
    for (let row = 0; row < rows; row += 1) {
      const bit = bits[row * columns + column] ?? 0n;
      const weight = weights[row + 1] ?? 0n;
      weighed += weight * ((bit * (powers[row * columns + column] ?? 0n)) % PRIME);
      less += weight * (bit - 1n);
    }
    return [reduced(weighed), reduced(less)] as const;
  });

/** Factors of the polynomial through values at 0, 1, 2, … (Newton's form, opened). */
const factorsThrough = (values: readonly bigint[]): readonly bigint[] => {
  const differences = [...values];
  for (let order = 1; order < values.length; order += 1) {
    const inverse = inverseOf(BigInt(order));
    for (let at = values.length - 1; at >= order; at -= 1)
      differences[at] = reduced(((differences[at] ?? 0n) - (differences[at - 1] ?? 0n)) * inverse);
  }
  let factors: bigint[] = [];
  for (let at = values.length - 1; at >= 0; at -= 1) {
    const shifted = [0n, ...factors];
    factors = shifted.map((factor, power) => reduced(factor - BigInt(at) * (factors[power] ?? 0n)));
    factors[0] = reduced((factors[0] ?? 0n) + (differences[at] ?? 0n));
  }
  return factors;
};

/** Proves bits. `coin` is known only after the bits were dealt, so that nobody can choose them to suit it. */
export const proveBits = (bits: readonly bigint[], shape: BitShape, coin: bigint): BitProof => {
  const starts = randomNumbers(2 * shape.columns);
  const powers = powersOf(coin, shape.rows * shape.columns);
  const dividers = dividersOf(shape.rows);
  const heights = Array.from({ length: 2 * shape.rows + 1 }, (_, at) => {
    const lines = linesAt(bits, starts, shape, weightsAt(BigInt(at), dividers), powers);
    return reduced(lines.reduce((sum, [first, second]) => sum + first * second, 0n));
  });
  return { starts, heights: factorsThrough(heights) };
};

const heightAt = (heights: readonly bigint[], point: bigint): bigint =>
  heights.reduceRight((sum, factor) => (sum * point + factor) % PRIME, 0n);

/** A point at which no line shows a bit. */
export const pointOf = (coin: bigint, { rows }: BitShape): bigint =>
  coin <= BigInt(rows) ? coin + BigInt(rows) + 1n : coin;

/**
 * What a holder of one share sees of a proof at a point: its shares of the lines there, of the sum there, and of the sum over all rows.
 * Sums of shares of several houses are told the same way, so it is linear in what is shared.
 */
export const lookAt = (
  bits: readonly bigint[],
  { starts, heights }: BitProof,
  shape: BitShape,
  { coin, point }: { readonly coin: bigint; readonly point: bigint },
): readonly bigint[] => {
  const powers = powersOf(coin, shape.rows * shape.columns);
  const lines = linesAt(bits, starts, shape, weightsAt(point, dividersOf(shape.rows)), powers);
  const overRows = Array.from({ length: shape.rows }, (_, row) => heightAt(heights, BigInt(row + 1)));
  return [
    ...lines.flat(),
    heightAt(heights, point),
    reduced(overRows.reduce((sum, height) => sum + height, 0n)),
  ];
};

/** Whether what was seen, opened from all shares, is that of bits. */
export const areBits = (seen: readonly bigint[], { columns }: BitShape): boolean => {
  if (seen.length !== 2 * columns + 2) return false;
  let product = 0n;
  for (let column = 0; column < columns; column += 1)
    product += (seen[2 * column] ?? 0n) * (seen[2 * column + 1] ?? 0n);
  return reduced(product) === seen[2 * columns] && seen[2 * columns + 1] === 0n;
};
