import type { DayGrid } from './day-grid.ts';

/** What the cleaner did with a cell. */
export const CELL = { measured: 0, missing: 1, outlier: 2, flat: 3 } as const;

/** A load matrix without holes. Each cell depends on itself and earlier cells only, so no cleaning can leak the future. */
export interface CleanLoad {
  readonly values: Float64Array;
  /** One of `CELL` for every cell. */
  readonly state: Uint8Array;
}

const WEEKS_OF_MEMORY = 4;
const MAX_JUMP_RATIO = 4;

/**
 * Fills gaps and replaces impossible values, walking forward in time. The stand-in is last week's value moved by the
 * change of level since then. A value is impossible when it lies far outside the last four weeks, or leaps from its
 * neighbour several times farther than anything in them; when that lasts a whole day it is a new level and accepted.
 */
export function cleanLoad(grid: DayGrid): CleanLoad {
  const { slots, load } = grid;
  const cells = load.length;
  const values = new Float64Array(cells).fill(Number.NaN);
  const state = new Uint8Array(cells);
  const first = load.findIndex((value) => !Number.isNaN(value));
  if (first < 0) return { values, state: state.fill(CELL.missing) };
  const range = new DailyRange(slots);
  const flatAfter = Math.max(4, Math.round((6 * 60) / grid.stepMinutes));
  let flatRun = 0;
  let flatSeen = 0;
  let oddRun = 0;
  for (let cell = 0; cell < cells; cell++) {
    const raw = load[cell] ?? Number.NaN;
    if (cell < first) {
      values[cell] = load[first] ?? 0;
      state[cell] = CELL.missing;
      continue;
    }
    const previous = values[cell - 1] ?? raw;
    const expected = expectedAt(values, cell, slots, first);
    let mark: number = CELL.measured;
    if (Number.isNaN(raw)) mark = CELL.missing;
    else {
      if (cell > 0 && raw === load[cell - 1]) flatRun++;
      else flatRun = 0;
      if (range.isOdd(raw, previous, expected)) {
        oddRun++;
        if (oddRun <= slots) mark = CELL.outlier;
      } else oddRun = 0;
      if (flatRun >= flatAfter) {
        flatSeen++;
        // Where flat stretches are usual (a site that idles) they are data.
        if (flatSeen < (cell - first) * 0.01) mark = CELL.flat;
      }
    }
    const value = mark === CELL.measured ? raw : Number.isNaN(expected) ? previous : expected;
    values[cell] = value;
    state[cell] = mark;
    range.add(cell, value, previous);
  }
  return { values, state };
}

/** Last week's value scaled by the ratio of the last day's level to its level a week before. */
function expectedAt(values: Float64Array, cell: number, slots: number, first: number): number {
  const week = 7 * slots;
  if (cell - week < first) return cell - slots >= first ? (values[cell - slots] ?? Number.NaN) : Number.NaN;
  const reference = values[cell - week] ?? Number.NaN;
  if (cell - week - slots < first) return reference;
  let now = 0;
  let then = 0;
  for (let back = 1; back <= slots; back++) {
    now += values[cell - back] ?? 0;
    then += values[cell - week - back] ?? 0;
  }
  const ratio = then > 0 ? now / then : 1;
  return reference * Math.min(2, Math.max(0.5, ratio));
}

/** Daily minimum, maximum and largest leap of the last weeks. */
class DailyRange {
  readonly #slots: number;
  readonly #days: { low: number; high: number; leap: number }[] = [];
  #today = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY, leap: 0 };
  #low = 0;
  #high = 0;
  #leap = 0;

  constructor(slots: number) {
    this.#slots = slots;
  }

  add(cell: number, value: number, previous: number): void {
    this.#today.low = Math.min(this.#today.low, value);
    this.#today.high = Math.max(this.#today.high, value);
    this.#today.leap = Math.max(this.#today.leap, Math.abs(value - previous));
    if ((cell + 1) % this.#slots !== 0) return;
    this.#days.push(this.#today);
    if (this.#days.length > WEEKS_OF_MEMORY * 7) this.#days.shift();
    this.#today = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY, leap: 0 };
    this.#low = Math.min(...this.#days.map((day) => day.low));
    this.#high = Math.max(...this.#days.map((day) => day.high));
    this.#leap = Math.max(...this.#days.map((day) => day.leap));
  }

  isOdd(value: number, previous: number, expected: number): boolean {
    if (this.#days.length < 7 || Number.isNaN(expected)) return false;
    const span = this.#high - this.#low;
    if (value > this.#high + 0.6 * Math.max(span, Math.abs(this.#high) * 0.5)) return true;
    // Far below: under half of the lowest of four weeks. Loads that reach zero have no such floor.
    if (this.#low > 0 && value < 0.5 * this.#low) return true;
    return (
      Math.abs(value - previous) > MAX_JUMP_RATIO * this.#leap &&
      Math.abs(value - expected) > MAX_JUMP_RATIO * this.#leap
    );
  }
}
