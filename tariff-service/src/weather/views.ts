import type { DayGrid } from '../data/day-grid.ts';
import type { TemperatureView } from '../model/features.ts';
import { placeWeather, type PlacedWeather } from './placed.ts';
import { dayDegrees, sourceWeights } from './weights.ts';

/**
 * What measured temperatures after the gate are good for: `actual` lets those of the target day stand in for a perfect weather
 * forecast, `known` forbids it. Forecasts with the instant of their issue need neither: what was there at the gate counts.
 */
export type TemperatureMode = 'actual' | 'known';

export interface WeatherOptions {
  readonly mode: TemperatureMode;
  readonly gateMs: (row: number) => number;
  /** The load on the model's scale by cell, and whether a cell was measured. */
  readonly y: Float64Array;
  readonly measured: (cell: number) => boolean;
}

/** The temperature as each gate saw it, out of all sources. */
export interface Weather {
  view(row: number, known: number): TemperatureView;
  /** Up to a cell, all sources even: for what is decided once. */
  past(cells: number): Float64Array;
  /**
   * Whether more than half of a day had temperatures at its gate; where only stations tell, and nothing after the gate counts,
   * more than half of the day up to the gate.
   */
  covers(row: number): boolean;
  /** Weights by which the sources make up a day's temperature at its gate, by name. */
  weightsAt(row: number): Readonly<Record<string, number>>;
}

/** Sources that are mixed, each with its weight by day. */
interface Mix {
  readonly sources: readonly PlacedWeather[];
  readonly weights: readonly Float64Array[];
}

export function createWeather(grid: DayGrid, options: WeatherOptions): Weather | undefined {
  const placed = grid.weather.map((source) => placeWeather(source, grid));
  if (placed.length === 0) return undefined;
  const measured = placed.filter(({ kind }) => kind === 'measured');
  const forecasts = placed.filter(({ kind }) => kind === 'forecast');
  const S = grid.slots;
  const load = meanLoads(grid, options);
  // What is over is told by stations, where there are any: a model's word of yesterday is a forecast all the same.
  const behind = mixOf(measured.length > 0 ? measured : forecasts, ({ past }, cell) => past[cell] as number);
  const ahead = mixOf(forecasts, (source, cell) => {
    const told = source.knownAt(cell, options.gateMs(Math.floor(cell / S)));
    return Number.isNaN(told) ? (source.past[Math.max(0, cell - 2 * S)] as number) : told;
  });
  const showsActual = forecasts.length === 0 && options.mode === 'actual';

  function mixOf(
    sources: readonly PlacedWeather[],
    at: (source: PlacedWeather, cell: number) => number,
  ): Mix {
    const degrees =
      sources.length < 2
        ? sources.map(() => ({ heating: new Float64Array(0), cooling: new Float64Array(0) }))
        : sources.map((source) => dayDegrees(grid.days, S, (day, slot) => at(source, day * S + slot)));
    return { sources, weights: sourceWeights(degrees, load) };
  }

  const pastAt = (row: number, cell: number): number =>
    mixed(behind, row, ({ past }) => past[Math.max(0, cell)] as number);
  const sumBefore = (row: number, cell: number): number =>
    mixed(behind, row, ({ sums }) => sums[Math.max(0, cell)] as number);

  const perHour = 60 / grid.stepMinutes;
  const viewOf = (at: (cell: number) => number, total: (end: number) => number): TemperatureView => ({
    at,
    mean: (cell, hours) => {
      const end = Math.max(1, cell + 1);
      const start = Math.max(0, end - hours * perHour);
      return (total(end) - total(start)) / (end - start);
    },
  });
  const view = (row: number, known: number): TemperatureView => {
    if (showsActual)
      return viewOf(
        (cell) => pastAt(row, cell),
        (end) => sumBefore(row, end),
      );
    const base = (row - 1) * S;
    const gate = base + known;
    const values = new Float64Array(2 * S);
    const totals = new Float64Array(2 * S + 1);
    const gateMs = options.gateMs(row);
    for (let index = 0; index < 2 * S; index++) {
      const cell = base + index;
      const told = cell < gate ? Number.NaN : mixed(ahead, row, (source) => source.knownAt(cell, gateMs));
      const back = cell < gate ? 0 : Math.ceil((cell - gate + 1) / S);
      const value = Number.isNaN(told) ? pastAt(row, cell - back * S) : told;
      values[index] = value;
      totals[index + 1] = (totals[index] as number) + value;
    }
    return viewOf(
      (cell) => (cell < base ? pastAt(row, cell) : (values[cell - base] as number)),
      (end) =>
        end <= base
          ? sumBefore(row, end)
          : sumBefore(row, base) + (totals[Math.min(2 * S, end - base)] as number),
    );
  };
  /** How many cells were over at a day's gate. */
  const endBefore = (row: number): number => {
    let cells = row * S;
    while (cells > 0 && !((grid.endMs[cells - 1] as number) <= options.gateMs(row))) cells--;
    return cells;
  };
  return {
    view,
    past: (cells) => Float64Array.from({ length: cells }, (_, cell) => pastAt(0, cell)),
    covers: (row) => {
      const from = forecasts.length > 0 || showsActual ? row * S : endBefore(row) - S;
      let found = 0;
      for (let cell = Math.max(0, from); cell < from + S; cell++)
        if (
          forecasts.length > 0
            ? forecasts.some((source) => !Number.isNaN(source.knownAt(cell, options.gateMs(row))))
            : measured.some(({ has }) => has[cell] === 1)
        )
          found++;
      return found * 2 > S;
    },
    weightsAt: (row) => {
      const { sources, weights } = forecasts.length > 0 ? ahead : behind;
      return Object.fromEntries(
        sources.map(({ name }, index) => [name, weights[index]?.[row] ?? 1 / sources.length]),
      );
    },
  };
}

/** The weighted mean of what the sources say; one without a value does not count. */
function mixed({ sources, weights }: Mix, row: number, of: (source: PlacedWeather) => number): number {
  if (sources.length === 1) return of(sources[0] as PlacedWeather);
  let sum = 0;
  let total = 0;
  for (let index = 0; index < sources.length; index++) {
    const value = of(sources[index] as PlacedWeather);
    if (Number.isNaN(value)) continue;
    const weight = weights[index]?.[Math.max(0, row)] ?? 1;
    sum += weight * value;
    total += weight;
  }
  return total === 0 ? Number.NaN : sum / total;
}

/** Mean load of each day that was measured nearly whole. */
function meanLoads(grid: DayGrid, { y, measured }: WeatherOptions): Float64Array {
  const S = grid.slots;
  return Float64Array.from({ length: grid.days }, (_, day) => {
    let sum = 0;
    let count = 0;
    for (let cell = day * S; cell < day * S + S; cell++)
      if (measured(cell)) {
        sum += y[cell] as number;
        count++;
      }
    return count > 0.9 * S ? sum / count : Number.NaN;
  });
}
