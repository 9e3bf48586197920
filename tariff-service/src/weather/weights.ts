/** Degrees at which heating ends and cooling begins in the yardstick below; no forecast is made with them. */
const HEATING_BELOW_C = 15;
const COOLING_ABOVE_C = 20;
const WEEK = 7;
/** Half-life in days of what a source is judged by. */
const HALF_LIFE_DAYS = 180;
/** Keeps the first fits small. */
const RIDGE = 1;
/** How sharply a worse source loses weight: the ratio of mean squared misses to this power. */
const SHARPNESS = 8;

/** Heating and cooling degrees of a day, by source and day; NaN where a source has none. */
export interface DayDegrees {
  readonly heating: Float64Array;
  readonly cooling: Float64Array;
}

export function dayDegrees(
  days: number,
  slots: number,
  at: (day: number, slot: number) => number,
): DayDegrees {
  const [heating, cooling] = [new Float64Array(days), new Float64Array(days)];
  for (let day = 0; day < days; day++)
    for (let slot = 0; slot < slots; slot++) {
      const degrees = at(day, slot);
      heating[day] = (heating[day] as number) + Math.max(0, HEATING_BELOW_C - degrees) / slots;
      cooling[day] = (cooling[day] as number) + Math.max(0, degrees - COOLING_ABOVE_C) / slots;
    }
  return { heating, cooling };
}

/**
 * Weights of several sources for each day, from the days before it that had ended at any gate (two days before and earlier).
 * Each source foretells by itself how the day's load differs from that of a week before, by the difference in its heating and
 * cooling degrees, with coefficients fitted to the days before; how it missed so far is its weight. `meanLoad` is by day, on
 * the model's scale, NaN where it was not measured.
 */
export function sourceWeights(
  sources: readonly DayDegrees[],
  meanLoad: Float64Array,
): readonly Float64Array[] {
  const days = meanLoad.length;
  const even = 1 / sources.length;
  const weights = sources.map(() => new Float64Array(days).fill(even));
  if (sources.length < 2) return weights;
  const judges = sources.map((degrees) => new Judge(degrees, meanLoad));
  for (let day = 2; day < days; day++) {
    for (const judge of judges) judge.learn(day - 2);
    const least = Math.min(...judges.map(({ miss }) => miss));
    if (!(least > 0)) continue;
    const raw = judges.map(({ miss }) => (least / miss) ** SHARPNESS);
    const total = raw.reduce((sum, each) => sum + each, 0);
    weights.forEach((each, index) => (each[day] = (raw[index] as number) / total));
  }
  return weights;
}

/** Least squares in two unknowns that forgets with time. */
class Judge {
  /** Squared misses of forecasts made before the day was known, fading. */
  miss = 0;
  readonly #degrees: DayDegrees;
  readonly #meanLoad: Float64Array;
  #a = RIDGE;
  #b = 0;
  #d = RIDGE;
  #u = 0;
  #v = 0;

  constructor(degrees: DayDegrees, meanLoad: Float64Array) {
    this.#degrees = degrees;
    this.#meanLoad = meanLoad;
  }

  learn(day: number): void {
    const since = (values: Float64Array): number => (values[day] as number) - (values[day - WEEK] as number);
    if (day < WEEK) return;
    const [x, y, target] = [
      since(this.#degrees.heating),
      since(this.#degrees.cooling),
      since(this.#meanLoad),
    ];
    if (Number.isNaN(target)) return;
    const fade = 0.5 ** (1 / HALF_LIFE_DAYS);
    const determinant = this.#a * this.#d - this.#b * this.#b;
    const foretold =
      ((this.#d * this.#u - this.#b * this.#v) * x + (this.#a * this.#v - this.#b * this.#u) * y) /
      determinant;
    this.miss = this.miss * fade + (target - foretold) ** 2;
    this.#a = this.#a * fade + x * x;
    this.#b = this.#b * fade + x * y;
    this.#d = this.#d * fade + y * y;
    this.#u = this.#u * fade + x * target;
    this.#v = this.#v * fade + y * target;
  }
}
