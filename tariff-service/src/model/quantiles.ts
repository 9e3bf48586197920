/** The levels of every probabilistic forecast: 0.05, 0.10 … 0.95. */
export const QUANTILE_LEVELS: readonly number[] = Array.from({ length: 19 }, (_, index) => (index + 1) / 20);

/** Weeks of residuals that shape the distribution. */
const WINDOW_DAYS = 56;
const HALF_LIFE_DAYS = 28;
/** Step of the conformal correction per day. */
const STEP = 0.04;
const BLOCKS = 8;

/**
 * Quantiles from recent residuals of the same time of day, corrected by adaptive conformal inference: after each known
 * day every level moves up when too few values fell under its quantile and down when too many did, so that coverage
 * holds in the long run whatever the residuals do (Gibbs and Candès, 2021, applied to each quantile).
 */
export class ConformalQuantiles {
  readonly #slots: number;
  readonly #reach: number;
  readonly #days: { residuals: Float64Array; weights: Float64Array }[] = [];
  readonly #levels: Float64Array;

  constructor(slots: number) {
    this.#slots = slots;
    this.#reach = Math.max(1, Math.round(slots / 24));
    this.#levels = new Float64Array(BLOCKS * QUANTILE_LEVELS.length);
    for (let at = 0; at < this.#levels.length; at++)
      this.#levels[at] = QUANTILE_LEVELS[at % QUANTILE_LEVELS.length] ?? 0.5;
  }

  get days(): number {
    return this.#days.length;
  }

  /** Residuals (value − forecast) of a day that has become known, with the offsets that were issued for it, if any. */
  observe(residuals: Float64Array, weights: Float64Array, issued: Float64Array | undefined): void {
    if (issued !== undefined) this.#correct(residuals, weights, issued);
    this.#days.push({ residuals, weights });
    if (this.#days.length > WINDOW_DAYS) this.#days.shift();
  }

  /** Offsets to add to the point forecast, by slot and level, never crossing. */
  issue(): Float64Array {
    const width = QUANTILE_LEVELS.length;
    const out = new Float64Array(this.#slots * width);
    for (let slot = 0; slot < this.#slots; slot++) {
      const sample = this.#sample(slot);
      const block = this.#blockOf(slot);
      for (let level = 0; level < width; level++) {
        const value = weightedQuantile(sample, this.#levels[block * width + level] as number);
        const below = level === 0 ? Number.NEGATIVE_INFINITY : (out[slot * width + level - 1] as number);
        out[slot * width + level] = Math.max(value, below);
      }
    }
    return out;
  }

  #blockOf(slot: number): number {
    return Math.floor((slot * BLOCKS) / this.#slots);
  }

  #correct(residuals: Float64Array, weights: Float64Array, issued: Float64Array): void {
    const width = QUANTILE_LEVELS.length;
    for (let block = 0; block < BLOCKS; block++) {
      for (let level = 0; level < width; level++) {
        let under = 0;
        let count = 0;
        for (let slot = 0; slot < this.#slots; slot++) {
          if (this.#blockOf(slot) !== block || (weights[slot] as number) === 0) continue;
          count++;
          if ((residuals[slot] as number) <= (issued[slot * width + level] as number)) under++;
        }
        if (count === 0) continue;
        const at = block * width + level;
        const moved = (this.#levels[at] as number) + STEP * ((QUANTILE_LEVELS[level] ?? 0.5) - under / count);
        this.#levels[at] = Math.min(1.3, Math.max(-0.3, moved));
      }
    }
  }

  #sample(slot: number): readonly (readonly [number, number])[] {
    const sample: [number, number][] = [];
    this.#days.forEach(({ residuals, weights }, index) => {
      const fade = 0.5 ** ((this.#days.length - 1 - index) / HALF_LIFE_DAYS);
      for (let near = slot - this.#reach; near <= slot + this.#reach; near++) {
        if (near < 0 || near >= this.#slots || (weights[near] as number) === 0) continue;
        sample.push([residuals[near] as number, fade * (near === slot ? 1 : 0.5)]);
      }
    });
    return sample.sort((left, right) => left[0] - right[0]);
  }
}

/** Quantile of a weighted sorted sample by linear interpolation; levels outside [0, 1] reach past the extremes. */
function weightedQuantile(sample: readonly (readonly [number, number])[], level: number): number {
  const first = sample[0];
  const last = sample.at(-1);
  if (first === undefined || last === undefined) return 0;
  const range = last[0] - first[0];
  if (level <= 0) return first[0] + level * range;
  if (level >= 1) return last[0] + (level - 1) * range;
  const total = sample.reduce((sum, [, weight]) => sum + weight, 0);
  let passed = 0;
  let beforeValue = first[0];
  let beforeAt = 0;
  for (const [value, weight] of sample) {
    const at = (passed + weight / 2) / total;
    if (at >= level)
      return at === beforeAt
        ? value
        : beforeValue + ((value - beforeValue) * (level - beforeAt)) / (at - beforeAt);
    passed += weight;
    beforeValue = value;
    beforeAt = at;
  }
  return last[0];
}
