/** How far a forecast may depart from the operator's, in mean errors that the operator made lately. */
const MOST_ERRORS = 0.7;
/** A departure beyond so many errors says that the operator's value is no forecast: then it binds nobody. */
const DISTRUST_ERRORS = 12;
const HALF_LIFE_DAYS = 28;
const LEAST_DAYS = 7;

/**
 * Keeps a forecast near the one that the area's operator has published. Operators know the weather; what a model without
 * it adds is a modest correction, and where it claims more than the operator's usual error it is mostly wrong.
 */
export class DepartureLimit {
  readonly #published: Float64Array;
  readonly #slots: number;
  #errors = 0;
  #cells = 0;
  #days = 0;

  /** @param published the operator's forecast by cell, transformed like the load; NaN where it told nothing */
  constructor(published: Float64Array, slots: number) {
    this.#published = published;
    this.#slots = slots;
  }

  /** Takes note of how the operator's forecast of a day turned out; slots of weight 0 were not measured. */
  observe(row: number, targets: Float64Array, weights: Float64Array): void {
    const fade = 0.5 ** (1 / HALF_LIFE_DAYS);
    this.#errors *= fade;
    this.#cells *= fade;
    let isTold = false;
    for (let slot = 0; slot < this.#slots; slot++) {
      const error = Math.abs(
        (targets[slot] as number) - (this.#published[row * this.#slots + slot] as number),
      );
      if (Number.isNaN(error) || (weights[slot] as number) === 0) continue;
      isTold = true;
      this.#errors += error;
      this.#cells++;
    }
    if (isTold) this.#days++;
  }

  /** Draws the forecasts of a row, among all cells, towards the operator's where they depart too far. */
  apply(row: number, forecasts: Float64Array): void {
    if (this.#days < LEAST_DAYS) return;
    const error = this.#errors / this.#cells;
    for (let cell = row * this.#slots; cell < (row + 1) * this.#slots; cell++) {
      const published = this.#published[cell] as number;
      const departure = (forecasts[cell] as number) - published;
      const size = Math.abs(departure);
      if (Number.isNaN(size) || size <= MOST_ERRORS * error || size > DISTRUST_ERRORS * error) continue;
      forecasts[cell] = published + Math.sign(departure) * MOST_ERRORS * error;
    }
  }
}
