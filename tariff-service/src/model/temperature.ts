import type { DayGrid } from '../data/day-grid.ts';
import type { TemperatureView } from './features.ts';

/** `actual` lets the target day's measured temperature stand in for a perfect weather forecast; `known` does not. */
export type TemperatureMode = 'actual' | 'known';

/**
 * Temperature without holes, from earlier cells only: the last value for three hours, then the same time the day
 * before.
 */
export function fillTemperature(temperature: Float64Array, slots: number): Float64Array {
  const filled = Float64Array.from(temperature);
  let last = temperature.find((value) => !Number.isNaN(value)) ?? 0;
  let run = 0;
  for (let cell = 0; cell < filled.length; cell++) {
    const value = filled[cell] as number;
    run = Number.isNaN(value) ? run + 1 : 0;
    if (run === 0) last = value;
    else filled[cell] = run > slots / 8 && cell >= slots ? (filled[cell - slots] as number) : last;
  }
  return filled;
}

/** Views for every gate. In `known` mode cells after the gate repeat the newest day before it. */
export function temperatureViews(
  grid: DayGrid,
  filled: Float64Array,
  mode: TemperatureMode,
): (row: number, known: number) => TemperatureView {
  const sums = new Float64Array(filled.length + 1);
  for (let cell = 0; cell < filled.length; cell++)
    sums[cell + 1] = (sums[cell] as number) + (filled[cell] as number);
  const perHour = 60 / grid.stepMinutes;
  const S = grid.slots;
  const actual: TemperatureView = {
    at: (cell) => filled[Math.max(0, cell)] as number,
    mean: (cell, hours) => {
      const end = Math.max(1, cell + 1);
      const start = Math.max(0, end - hours * perHour);
      return ((sums[end] as number) - (sums[start] as number)) / (end - start);
    },
  };
  if (mode === 'actual') return () => actual;
  return (row, known) => {
    const gate = (row - 1) * S + known;
    const base = (row - 1) * S;
    const ahead = new Float64Array(2 * S);
    const aheadSums = new Float64Array(2 * S + 1);
    for (let index = 0; index < 2 * S; index++) {
      const cell = base + index;
      const back = cell < gate ? 0 : Math.ceil((cell - gate + 1) / S);
      const value = filled[Math.max(0, cell - back * S)] as number;
      ahead[index] = value;
      aheadSums[index + 1] = (aheadSums[index] as number) + value;
    }
    const total = (end: number): number =>
      end <= base
        ? (sums[Math.max(0, end)] as number)
        : (sums[base] as number) + (aheadSums[Math.min(2 * S, end - base)] as number);
    return {
      at: (cell) => (cell < base ? (filled[Math.max(0, cell)] as number) : (ahead[cell - base] as number)),
      mean: (cell, hours) => {
        const end = Math.max(1, cell + 1);
        const start = Math.max(0, end - hours * perHour);
        return (total(end) - total(start)) / (end - start);
      },
    };
  };
}
