import { NormalEquations } from './normal-equations.ts';

/** Departures from a published forecast beyond this (0.02 is two percent) are mostly its accidents and count less. */
const GROSS_DEPARTURE = 0.02;

/** How one ridge member of the ensemble learns. */
export interface RidgeSettings {
  readonly name: string;
  /** Days after which a sample counts half. */
  readonly halfLifeDays: number;
  /** Penalty relative to each feature's own spread. */
  readonly penalty: number;
  /** Weight with which the two neighbouring slots' samples count too; 0 keeps slots apart. */
  readonly neighbours: number;
  /** Days between two solutions; sums are kept daily all the same. */
  readonly refitDays: number;
  /** Positions of the features used, 0 (the constant) first. */
  readonly columns: readonly number[];
  /** Position of a feature that is itself a forecast: only the departure from it is learnt. */
  readonly anchor: number | undefined;
}

/** One ridge regression for every wall-clock slot. */
export class SlotRidge {
  readonly settings: RidgeSettings;
  readonly #equations: readonly NormalEquations[];
  readonly #absolute: Float64Array;
  readonly #weights: Float64Array[] = [];
  readonly #columns: Int32Array;
  readonly #slots: number;
  #solvedDay = Number.NEGATIVE_INFINITY;

  /** `restrained` holds each feature's absolute penalty, for all features. */
  constructor(settings: RidgeSettings, slots: number, restrained: Float64Array) {
    this.settings = settings;
    this.#slots = slots;
    this.#columns = Int32Array.from(settings.columns);
    this.#absolute = Float64Array.from(settings.columns, (column) => restrained[column] ?? 0);
    this.#equations = Array.from({ length: slots }, () => new NormalEquations(settings.columns.length));
  }

  /** Adds one day of samples; slots whose weight is 0 were not measured. */
  learn(features: Float64Array, targets: Float64Array, weights: Float64Array): void {
    const fade = 0.5 ** (1 / this.settings.halfLifeDays);
    const own = this.#select(features);
    const width = this.#columns.length;
    const anchored = this.settings.anchor !== undefined;
    const departures = targets.map((target, slot) => target - this.#anchorAt(features, slot));
    this.#equations.forEach((equations, slot) => {
      equations.fade(fade);
      for (let near = Math.max(0, slot - 1); near <= Math.min(this.#slots - 1, slot + 1); near++) {
        const size = anchored ? Math.abs(departures[near] as number) : 0;
        const robust = size > GROSS_DEPARTURE ? GROSS_DEPARTURE / size : 1;
        const weight = (weights[near] as number) * (near === slot ? 1 : this.settings.neighbours) * robust;
        if (weight > 0) equations.add(own, near * width, departures[near] as number, weight);
      }
    });
  }

  /** Forecast of every slot of `day`, after a new solution when the last one is `refitDays` old. */
  predict(features: Float64Array, day: number, refitDays: number = this.settings.refitDays): Float64Array {
    if (day - this.#solvedDay >= refitDays) {
      this.#solvedDay = day;
      this.#equations.forEach((equations, slot) => {
        this.#weights[slot] = equations.solve(this.settings.penalty, this.#absolute);
      });
    }
    const own = this.#select(features);
    const width = this.#columns.length;
    return Float64Array.from(this.#weights, (weights, slot) => {
      let sum = this.#anchorAt(features, slot);
      for (let index = 0; index < width; index++)
        sum += (own[slot * width + index] as number) * (weights[index] as number);
      return sum;
    });
  }

  #anchorAt(features: Float64Array, slot: number): number {
    const { anchor } = this.settings;
    return anchor === undefined ? 0 : (features[(slot * features.length) / this.#slots + anchor] as number);
  }

  #select(features: Float64Array): Float64Array {
    const width = features.length / this.#slots;
    if (this.#columns.length === width) return features;
    const out = new Float64Array(this.#slots * this.#columns.length);
    let at = 0;
    for (let slot = 0; slot < this.#slots; slot++)
      for (const column of this.#columns) out[at++] = features[slot * width + column] as number;
    return out;
  }
}
