import { CELL, cleanLoad, type CleanLoad } from '../data/clean.ts';
import { type DayGrid, slotsEndedBy } from '../data/day-grid.ts';
import { instantOfLocal } from '../time/zone.ts';
import { buildCalendar, type Calendar, type HolidayNames } from './calendar.ts';
import { RidgeEnsemble } from './ensemble.ts';
import { DepartureLimit } from './departure-limit.ts';
import { FeatureBuilder } from './features.ts';
import { ConformalQuantiles, QUANTILE_LEVELS } from './quantiles.ts';
import { ResidualTrees } from './residual-trees.ts';
import { chooseTransform, type Transform } from './transform.ts';
import { createWeather, type TemperatureMode, type Weather } from '../weather/views.ts';

export interface ForecasterOptions {
  /** The gate as minutes after local midnight of the day before; 1440 is the target day's own midnight. */
  readonly gateMinutes: number;
  readonly holidays: HolidayNames | undefined;
  readonly temperatureMode: TemperatureMode;
  /** Use the operator's forecast as an input: the caller asserts that it is published before the gate. */
  readonly usePublished: boolean;
}

export type ForecastMethod = 'ensemble' | 'published' | 'naive';

/** A day-ahead forecast of one local day. */
export interface DayForecast {
  readonly row: number;
  readonly gateMs: number;
  /**
   * `ensemble`; when the history before the gate is too short or too thin `published`, the operator's forecast as it is, or
   * `naive` where there is none.
   */
  readonly method: ForecastMethod;
  /** By slot. */
  readonly point: Float64Array;
  /** By slot and level of `QUANTILE_LEVELS`. */
  readonly quantiles: Float64Array;
  /** Weight that the boosted trees had earned. */
  readonly treesWeight: number;
  readonly memberWeights: readonly number[];
}

/** Features look back four weeks. */
const FIRST_ROW = 28;
/** Days of samples before the ridges may speak. */
const LEAST_SAMPLES = 21;
/** Days of silent forecasts before the first real one: they feed trees, weights and quantiles. */
const REHEARSAL_DAYS = 420;
const TREES_REHEARSAL_DAYS = 100;

/**
 * Issues day-ahead forecasts for rising days, each from what was measured before its gate. `startRow` is the first day
 * that will be asked for; decisions that last (scale, knots, season) use data before its gate only.
 */
export class Forecaster {
  readonly grid: DayGrid;
  readonly calendar: Calendar;
  readonly clean: CleanLoad;
  readonly features: FeatureBuilder;
  readonly weather: Weather | undefined;
  readonly #options: ForecasterOptions;
  readonly #startRow: number;
  readonly #transform: Transform;
  readonly #y: Float64Array;
  readonly #ensemble: RidgeEnsemble;
  readonly #trees: ResidualTrees;
  readonly #conformal: ConformalQuantiles;
  readonly #told: Float64Array | undefined;
  readonly #departure: DepartureLimit | undefined;
  readonly #base: Float64Array;
  readonly #spread: Float64Array;
  readonly #final: Float64Array;
  readonly #samples = new Map<number, Float64Array>();
  readonly #memberForecasts = new Map<number, readonly Float64Array[]>();
  readonly #issued = new Map<number, Float64Array>();
  #learned = FIRST_ROW - 1;
  #next: number;

  constructor(grid: DayGrid, options: ForecasterOptions, startRow: number) {
    this.grid = grid;
    this.#options = options;
    this.#startRow = startRow;
    this.calendar = buildCalendar(grid, options.holidays);
    this.clean = cleanLoad(grid);
    const cells = grid.days * grid.slots;
    const history = Math.max(1, (startRow - 1) * grid.slots + this.#known(startRow));
    this.#transform = chooseTransform(this.clean.values.subarray(0, history));
    this.#y = this.clean.values.map((value) => this.#transform.forward(value));
    this.weather = createWeather(grid, {
      mode: options.temperatureMode,
      gateMs: (row) => this.gateMs(row),
      y: this.#y,
      measured: (cell) => this.clean.state[cell] === CELL.measured,
    });
    const published = this.#published();
    this.#told = published?.told;
    this.#departure = published && new DepartureLimit(published.told, grid.slots);
    this.features = new FeatureBuilder(
      {
        grid,
        calendar: this.calendar,
        y: this.#y,
        temperature: this.weather?.view,
        published: published?.filled,
      },
      {
        knots: this.weather === undefined ? [] : knotsOf(this.weather.past(history)),
        seasonal: startRow > 370,
      },
    );
    this.#ensemble = new RidgeEnsemble(grid.slots, this.features.names, this.features.restrained);
    this.#base = new Float64Array(cells).fill(Number.NaN);
    this.#spread = new Float64Array(cells);
    this.#final = new Float64Array(cells).fill(Number.NaN);
    this.#conformal = new ConformalQuantiles(grid.slots);
    this.#trees = new ResidualTrees({
      grid,
      calendar: this.calendar,
      y: this.#y,
      base: this.#base,
      spread: this.#spread,
      measured: (cell) => this.clean.state[cell] === CELL.measured,
    });
    this.#next = Math.max(FIRST_ROW, 8);
  }

  /** Instant of a row's gate. */
  gateMs(row: number): number {
    return instantOfLocal(this.grid.zone, this.grid.firstDay + row - 1, this.#options.gateMinutes);
  }

  /** Forecast of `row`; rows must rise from call to call. */
  forecast(row: number): DayForecast {
    if (row < this.#next && row >= FIRST_ROW)
      throw new RangeError(`row ${row} was passed: forecasts are issued in rising order`);
    if (row < FIRST_ROW) return this.#fallback(row);
    const first = this.#startRow - REHEARSAL_DAYS;
    for (; this.#next < row; this.#next++) {
      if (this.#next >= first) this.#issue(this.#next);
      else this.#sample(this.#next);
    }
    this.#next = row + 1;
    return this.#issue(row);
  }

  #known(row: number): number {
    return row < 1 ? 0 : slotsEndedBy(this.grid, row - 1, this.gateMs(row));
  }

  #sample(row: number): Float64Array {
    const features = this.features.build(row, this.#known(row));
    this.#samples.set(row, features);
    return features;
  }

  #issue(row: number): DayForecast {
    const known = this.#known(row);
    const S = this.grid.slots;
    const newest = known === S ? row - 1 : row - 2;
    this.#learnUpTo(newest);
    const features = this.#sample(row);
    if (this.#learned - FIRST_ROW + 1 < LEAST_SAMPLES || this.#measuredShare(row, known) < 0.5)
      return this.#fallback(row);

    const members = this.#ensemble.predict(features, row, row < this.#startRow - 28);
    this.#memberForecasts.set(row, members);
    const weights = this.#ensemble.weights();
    for (let slot = 0; slot < S; slot++) {
      const values = members.map((member) => member[slot] as number);
      const mean = values.reduce((sum, value, index) => sum + value * (weights[index] as number), 0);
      const centre = this.#y[(row - 7) * S + slot] as number;
      // A solution from thin data may run away; a day at three times last week's level is no forecast.
      this.#base[row * S + slot] = Math.max(centre - 1.1, Math.min(centre + 1.1, mean));
      this.#spread[row * S + slot] = (values[1] ?? 0) - (values[0] ?? 0);
    }
    const mayFit = row >= this.#startRow - TREES_REHEARSAL_DAYS;
    const { correction, weight } = this.#trees.correct(
      row,
      known,
      newest,
      this.weather?.view(row, known),
      mayFit,
    );
    for (let slot = 0; slot < S; slot++)
      this.#final[row * S + slot] = (this.#base[row * S + slot] as number) + (correction[slot] as number);
    this.#departure?.apply(row, this.#final);
    const offsets = this.#conformal.days >= 7 ? this.#conformal.issue() : undefined;
    if (offsets !== undefined) this.#issued.set(row, offsets);
    return {
      ...this.#dress(row, this.#final.subarray(row * S, row * S + S), offsets ?? naiveOffsets(S)),
      method: 'ensemble',
      treesWeight: weight,
      memberWeights: [...weights],
    };
  }

  #learnUpTo(newest: number): void {
    const S = this.grid.slots;
    for (let row = this.#learned + 1; row <= newest; row++) {
      this.#learned = row;
      const features = this.#samples.get(row);
      if (features === undefined) continue;
      const targets = this.#y.slice(row * S, row * S + S);
      const weights = Float64Array.from(targets, (_, slot) =>
        this.clean.state[row * S + slot] === CELL.measured ? 1 : 0,
      );
      this.#ensemble.learn(features, targets, weights);
      this.#departure?.observe(row, targets, weights);
      this.#samples.delete(row);
      const members = this.#memberForecasts.get(row);
      if (members === undefined) continue;
      this.#memberForecasts.delete(row);
      this.#ensemble.score(members, targets, weights);
      const residuals = targets.map((value, slot) => value - (this.#final[row * S + slot] as number));
      this.#conformal.observe(residuals, weights, this.#issued.get(row));
      this.#issued.delete(row);
    }
  }

  /** Share of measured cells in the week before the gate. */
  #measuredShare(row: number, known: number): number {
    const S = this.grid.slots;
    const end = (row - 1) * S + known;
    let measured = 0;
    for (let cell = end - 7 * S; cell < end; cell++) if (this.clean.state[cell] === CELL.measured) measured++;
    return measured / (7 * S);
  }

  /** What stands in for the ensemble: whoever has no measurements of late can still pass on what the operator knows. */
  #fallback(row: number): DayForecast {
    const S = this.grid.slots;
    const told = this.#told?.subarray(row * S, row * S + S);
    if (told?.some(Number.isNaN) !== false) return this.#naive(row);
    const offsets = this.#conformal.days >= 7 ? this.#conformal.issue() : naiveOffsets(S);
    return { ...this.#dress(row, told, offsets), method: 'published', treesWeight: 0, memberWeights: [] };
  }

  /** Last week's day, moved by the change of level between the last known day and the day a week before it. */
  #naive(row: number): DayForecast {
    const S = this.grid.slots;
    const end = (row - 1) * S + this.#known(row);
    let now = 0;
    let then = 0;
    for (let cell = Math.max(0, end - S); cell < end; cell++) {
      now += this.#y[cell] as number;
      then += this.#y[Math.max(0, cell - 7 * S)] as number;
    }
    const shift = Math.max(-0.3, Math.min(0.3, (now - then) / S));
    const point = new Float64Array(S);
    for (let slot = 0; slot < S; slot++) {
      const source = row >= 7 ? row - 7 : Math.max(0, row - 2);
      point[slot] = (this.#y[source * S + slot] as number) + shift;
    }
    return {
      ...this.#dress(row, point, naiveOffsets(S)),
      method: 'naive',
      treesWeight: 0,
      memberWeights: [],
    };
  }

  #dress(
    row: number,
    point: Float64Array,
    offsets: Float64Array,
  ): Pick<DayForecast, 'row' | 'gateMs' | 'point' | 'quantiles'> {
    const width = QUANTILE_LEVELS.length;
    return {
      row,
      gateMs: this.gateMs(row),
      point: point.map((value) => this.#transform.back(value)),
      quantiles: offsets.map((offset, at) =>
        this.#transform.back((point[Math.floor(at / width)] as number) + offset),
      ),
    };
  }

  /** The operator's forecast as told (NaN where it told nothing) and with last week's load in the holes. */
  #published(): { readonly told: Float64Array; readonly filled: Float64Array } | undefined {
    const given = this.grid.operator;
    if (!this.#options.usePublished || given === undefined) return undefined;
    const S = this.grid.slots;
    const told = given.map((value) =>
      this.#transform.accepts(value) ? this.#transform.forward(value) : Number.NaN,
    );
    // Last week's load is known at every gate.
    const filled = told.map((value, cell) =>
      Number.isNaN(value) ? (this.#y[Math.max(0, cell - 7 * S)] as number) : value,
    );
    return { told, filled };
  }
}

/** Wide quantiles for days before any residual is known: ±10 % at the outer levels. */
function naiveOffsets(slots: number): Float64Array {
  const width = QUANTILE_LEVELS.length;
  return Float64Array.from(
    { length: slots * width },
    (_, at) => ((QUANTILE_LEVELS[at % width] ?? 0.5) - 0.5) * 0.22,
  );
}

function knotsOf(temperature: Float64Array): readonly number[] {
  const sorted = temperature.slice().sort();
  const knots = [0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.93].map(
    (share) => sorted[Math.floor(share * sorted.length)] ?? 0,
  );
  return [...new Set(knots)];
}
