/**
 * Weighted normal equations of one linear regression, kept as running sums so that a day's samples are added and old
 * ones fade without a pass over the history. Column 0 of every sample is the constant 1.
 */
export class NormalEquations {
  readonly width: number;
  /** Lower triangle of XᵀWX in rows, the constant first. */
  readonly #gram: Float64Array;
  readonly #moment: Float64Array;
  #samples = 0;

  constructor(width: number) {
    this.width = width;
    this.#gram = new Float64Array((width * (width + 1)) / 2);
    this.#moment = new Float64Array(width);
  }

  get samples(): number {
    return this.#samples;
  }

  /** Fades everything seen so far. */
  fade(factor: number): void {
    const gram = this.#gram;
    for (let index = 0; index < gram.length; index++) gram[index] = (gram[index] as number) * factor;
    for (let index = 0; index < this.width; index++)
      this.#moment[index] = (this.#moment[index] as number) * factor;
  }

  /** Adds the sample whose features start at `offset` of `features`. */
  add(features: Float64Array, offset: number, target: number, weight: number): void {
    const gram = this.#gram;
    const moment = this.#moment;
    let at = 0;
    for (let row = 0; row < this.width; row++) {
      const scaled = (features[offset + row] as number) * weight;
      if (scaled === 0) {
        at += row + 1;
        continue;
      }
      moment[row] = (moment[row] as number) + scaled * target;
      for (let column = 0; column <= row; column++) {
        gram[at] = (gram[at] as number) + scaled * (features[offset + column] as number);
        at++;
      }
    }
    this.#samples++;
  }

  /**
   * Ridge solution. Each coefficient's penalty is `relative` times its feature's own (weighted) sum of squares about the
   * mean, which equals ridge on standardised features, plus `absolute` pseudo-samples that restrain rare features. The
   * constant is free.
   */
  solve(relative: number, absolute: Float64Array): Float64Array {
    const width = this.width;
    const factor = Float64Array.from(this.#gram);
    const weight = this.#gram[0] as number;
    let diagonal = 0;
    let scale = 0;
    for (let row = 1; row < width; row++) {
      const first = diagonal + 1;
      diagonal = first + row;
      const mean = (this.#gram[first] as number) / Math.max(weight, 1e-12);
      const spread = Math.max(0, (this.#gram[diagonal] as number) - mean * mean * weight);
      scale = Math.max(scale, spread);
      factor[diagonal] = (factor[diagonal] as number) + relative * spread + (absolute[row] as number);
    }
    // Constant columns have neither spread nor information: a tiny floor keeps them at zero instead of failing.
    diagonal = 0;
    factor[0] = (factor[0] as number) + 1e-9;
    for (let row = 1; row < width; row++) {
      diagonal += row + 1;
      factor[diagonal] = (factor[diagonal] as number) + 1e-9 * (1 + scale);
    }
    return choleskySolve(factor, this.#moment, width);
  }
}

/** Solves A·x = b for a symmetric positive definite A given as its lower triangle in rows; A is overwritten. */
export function choleskySolve(lower: Float64Array, right: Float64Array, width: number): Float64Array {
  for (let row = 0; row < width; row++) {
    const rowAt = (row * (row + 1)) / 2;
    for (let column = 0; column <= row; column++) {
      const columnAt = (column * (column + 1)) / 2;
      // Four running sums let the processor overlap the multiplications; this loop is most of a day's work.
      let sum = lower[rowAt + column] as number;
      let second = 0;
      let third = 0;
      let fourth = 0;
      let inner = 0;
      for (; inner + 3 < column; inner += 4) {
        sum -= (lower[rowAt + inner] as number) * (lower[columnAt + inner] as number);
        second += (lower[rowAt + inner + 1] as number) * (lower[columnAt + inner + 1] as number);
        third += (lower[rowAt + inner + 2] as number) * (lower[columnAt + inner + 2] as number);
        fourth += (lower[rowAt + inner + 3] as number) * (lower[columnAt + inner + 3] as number);
      }
      for (; inner < column; inner++)
        sum -= (lower[rowAt + inner] as number) * (lower[columnAt + inner] as number);
      sum -= second + third + fourth;
      if (column < row) lower[rowAt + column] = sum / (lower[columnAt + column] as number);
      else lower[rowAt + row] = Math.sqrt(Math.max(sum, 1e-12));
    }
  }
  const solution = new Float64Array(width);
  for (let row = 0; row < width; row++) {
    const rowAt = (row * (row + 1)) / 2;
    let sum = right[row] as number;
    for (let inner = 0; inner < row; inner++)
      sum -= (lower[rowAt + inner] as number) * (solution[inner] as number);
    solution[row] = sum / (lower[rowAt + row] as number);
  }
  for (let row = width - 1; row >= 0; row--) {
    let sum = solution[row] as number;
    for (let below = row + 1; below < width; below++)
      sum -= (lower[(below * (below + 1)) / 2 + row] as number) * (solution[below] as number);
    solution[row] = sum / (lower[(row * (row + 1)) / 2 + row] as number);
  }
  return solution;
}
