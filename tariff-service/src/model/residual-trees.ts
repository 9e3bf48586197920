import type { DayGrid } from '../data/day-grid.ts';
import type { Calendar } from './calendar.ts';
import type { TemperatureView } from './features.ts';
import { binEdges, binTable, type BoostedTrees, fitTrees, predictTrees, type TreeSettings } from './trees.ts';

const SETTINGS: TreeSettings = {
  trees: 150,
  depth: 4,
  learningRate: 0.04,
  minLeafRows: 300,
  ridge: 100,
  rowShare: 0.5,
  columnShare: 0.3,
  seed: 20_240_229,
};

/** Days between two fits. */
const REFIT_DAYS = 28;
const LEAST_DAYS = 90;
/** Days of forecasts by which the trees' worth is judged. */
const TRIAL_DAYS = 84;
const LONGEST_HISTORY_DAYS = 3 * 365;
const LIMIT = 0.15;

/** What the trees see beside the calendar. All of it is known at the gate, up to `temperature` by mode. */
export interface TreeInputs {
  readonly grid: DayGrid;
  readonly calendar: Calendar;
  readonly y: Float64Array;
  /** The ensemble's forecast by cell, as issued; NaN where none was. */
  readonly base: Float64Array;
  /** Spread between the members' forecasts by cell. */
  readonly spread: Float64Array;
  /** 1 where a cell was measured. */
  readonly measured: (cell: number) => boolean;
}

/**
 * Boosted trees on what the ridges left over. Their forecasts are tried in silence first: the weight they get is the
 * factor by which they would have best reduced the errors of the last twelve weeks, between 0 (no help) and 1.
 */
export class ResidualTrees {
  readonly #inputs: TreeInputs;
  readonly #rows = new Map<number, Float64Array>();
  readonly #trials: { row: number; forecast: Float64Array }[] = [];
  #model: BoostedTrees | undefined;
  #fittedRow = Number.NEGATIVE_INFINITY;
  #firstRow = Number.POSITIVE_INFINITY;

  constructor(inputs: TreeInputs) {
    this.#inputs = inputs;
  }

  /** Correction of every slot of `row`, weighed by its worth so far; `newest` is the last row wholly known. */
  correct(
    row: number,
    known: number,
    newest: number,
    view: TemperatureView | undefined,
    mayFit: boolean,
  ): { correction: Float64Array; weight: number } {
    const { slots } = this.#inputs.grid;
    const features = this.#features(row, known, view);
    this.#rows.set(row, features);
    this.#firstRow = Math.min(this.#firstRow, row);
    if (mayFit && newest - this.#firstRow >= LEAST_DAYS && row - this.#fittedRow >= REFIT_DAYS)
      this.#fit(row, newest);
    const none = { correction: new Float64Array(slots), weight: 0 };
    if (this.#model === undefined) return none;
    const width = features.length / slots;
    const forecast = new Float64Array(slots);
    for (let slot = 0; slot < slots; slot++)
      forecast[slot] = Math.max(-LIMIT, Math.min(LIMIT, predictTrees(this.#model, features, slot * width)));
    const weight = this.#worth(newest);
    this.#trials.push({ row, forecast });
    return { correction: forecast.map((value) => value * weight), weight };
  }

  #worth(newest: number): number {
    const { slots } = this.#inputs.grid;
    let product = 0;
    let square = 0;
    let days = 0;
    for (const { row, forecast } of this.#trials) {
      if (row > newest || row <= newest - TRIAL_DAYS) continue;
      days++;
      for (let slot = 0; slot < slots; slot++) {
        const value = forecast[slot] as number;
        product += this.#left(row * slots + slot) * value;
        square += value * value;
      }
    }
    if (days < 28 || square === 0) return 0;
    const weight = Math.min(1, product / square);
    return weight < 0.1 ? 0 : weight;
  }

  /** What the ensemble left over; 0 where nothing was forecast or measured. */
  #left(cell: number): number {
    const { y, base, measured } = this.#inputs;
    const value = (y[cell] as number) - (base[cell] as number);
    return Number.isNaN(value) || !measured(cell) ? 0 : Math.max(-2 * LIMIT, Math.min(2 * LIMIT, value));
  }

  #fit(row: number, newest: number): void {
    this.#fittedRow = row;
    const { slots } = this.#inputs.grid;
    const from = Math.max(this.#firstRow, newest - LONGEST_HISTORY_DAYS);
    const width = (this.#rows.get(row)?.length ?? 0) / slots;
    const rows = (newest - from + 1) * slots;
    const table = new Float64Array(rows * width);
    const targets = new Float64Array(rows);
    const weights = new Float64Array(rows);
    for (let day = from; day <= newest; day++) {
      const features = this.#rows.get(day);
      if (features === undefined) continue;
      table.set(features, (day - from) * slots * width);
      for (let slot = 0; slot < slots; slot++) {
        const at = (day - from) * slots + slot;
        targets[at] = this.#left(day * slots + slot);
        weights[at] = this.#inputs.measured(day * slots + slot) ? 1 : 0;
      }
    }
    const edges = binEdges(table, rows, width);
    this.#model = fitTrees(binTable(table, rows, width, edges), edges, targets, weights, {
      ...SETTINGS,
      // A day's slots err together, so a leaf is measured in days.
      minLeafRows: Math.max(50, 7 * slots),
    });
  }

  #features(row: number, known: number, view: TemperatureView | undefined): Float64Array {
    const { grid, calendar, y, base, spread } = this.#inputs;
    const S = grid.slots;
    const hour = 60 / grid.stepMinutes;
    const gate = (row - 1) * S + known - 1;
    const mean = (end: number, count: number, of: (cell: number) => number): number => {
      let sum = 0;
      for (let back = 0; back < count; back++) sum += of(end - back);
      return sum / count;
    };
    const load = (cell: number): number => y[cell] as number;
    const left = (cell: number): number => this.#left(cell);
    const day0 = mean(gate, S, load);
    const shared = [
      calendar.weekday[row] ?? 0,
      calendar.yearAngle[row] ?? 0,
      calendar.holiday[row] ?? 0,
      calendar.holiday[row - 1] ?? 0,
      calendar.holiday[row + 1] ?? 0,
      calendar.bridge[row] ?? 0,
      day0 - mean(gate - S, S, load),
      day0 - mean(gate - 6 * S, S, load),
      mean(gate, 3 * hour, left),
      mean(gate, 8 * hour, left),
      mean(gate, S, left),
      mean(gate - S, S, left),
      mean(gate, 7 * S, left),
    ];
    const out: number[] = [];
    for (let slot = 0; slot < S; slot++) {
      const cell = row * S + slot;
      const same = (row - (slot < known ? 1 : 2)) * S + slot;
      const own = base[cell] as number;
      const hourAgo = base[cell - (slot >= hour ? hour : 0)] as number;
      out.push(
        slot,
        ...shared,
        own,
        load(same) - own,
        load((row - 7) * S + slot) - own,
        load(gate) - own,
        day0 - own,
      );
      out.push(left(same), left(same - S), left((row - 7) * S + slot), spread[cell] as number, own - hourAgo);
      if (view === undefined) continue;
      const now = view.at(cell);
      const day = view.mean(cell, 24);
      out.push(now, view.mean(cell, 3), view.mean(cell, 8), day, view.mean(cell, 72), now - view.at(same));
      out.push(
        day - view.mean(gate, 24),
        view.mean(row * S + S - 1, 24),
        day - view.mean(cell - S, 24),
        now - view.at(cell - 3 * hour),
      );
    }
    return Float64Array.from(out);
  }
}
