import type { DayGrid } from '../data/day-grid.ts';
import { MINUTE_MS } from '../time/zone.ts';
import { fillTemperature } from './fill.ts';
import type { WeatherSource } from './source.ts';

/** A value stands for no longer than this, whatever the source's step. */
const LONGEST_HOLD_MS = 180 * MINUTE_MS;

/** A source laid on the cells of a grid. */
export interface PlacedWeather {
  readonly name: string;
  readonly kind: WeatherSource['kind'];
  /** By cell what was known when the cell had ended, without holes. */
  readonly past: Float64Array;
  /** Sums of `past` before each cell. */
  readonly sums: Float64Array;
  /** Whether a cell had a value of its own when it had ended. */
  readonly has: Uint8Array;
  /** The newest value for a cell that was there at an instant; NaN without one. */
  knownAt(cell: number, instantMs: number): number;
}

/** Finds each cell's values: those of the newest instant at or before its start that still stand for it. */
export function placeWeather(source: WeatherSource, grid: DayGrid): PlacedWeather {
  const { validMs, issuedMs, celsius } = source;
  const cells = grid.days * grid.slots;
  const stepMs = grid.stepMinutes * MINUTE_MS;
  const holdMs = Math.min(Math.max(source.stepMs, stepMs), LONGEST_HOLD_MS);
  const [from, to] = [new Int32Array(cells), new Int32Array(cells)];
  let next = 0;
  let first = 0;
  for (let cell = 0; cell < cells; cell++) {
    const startMs = (grid.endMs[cell] ?? Number.NaN) - stepMs;
    if (Number.isNaN(startMs)) continue;
    for (; next < validMs.length && (validMs[next] as number) <= startMs; next++)
      if (validMs[next] !== validMs[first]) first = next;
    if (next === 0 || startMs - (validMs[first] as number) >= holdMs) continue;
    from[cell] = first;
    to[cell] = next;
  }
  const knownAt = (cell: number, instantMs: number): number => {
    for (let row = (to[cell] ?? 0) - 1; row >= (from[cell] ?? 0); row--)
      if ((issuedMs[row] as number) <= instantMs && !Number.isNaN(celsius[row]))
        return celsius[row] as number;
    return Number.NaN;
  };
  const seen = Float64Array.from({ length: cells }, (_, cell) =>
    knownAt(cell, source.kind === 'measured' ? Number.POSITIVE_INFINITY : (grid.endMs[cell] as number)),
  );
  const past = fillTemperature(seen, grid.slots);
  const sums = new Float64Array(cells + 1);
  for (let cell = 0; cell < cells; cell++) sums[cell + 1] = (sums[cell] as number) + (past[cell] as number);
  const has = Uint8Array.from(seen, (value) => (Number.isNaN(value) ? 0 : 1));
  return { name: source.name, kind: source.kind, past, sums, has, knownAt };
}
