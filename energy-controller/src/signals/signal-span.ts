import type { EnergySignal } from '@roamgrid/wire';

/** How long a temperature tells how warm it is, ms. */
const READING_MS = 3_600_000;

/** From then on a signal says nothing any more. */
export const overAtMs = (signal: EnergySignal): number => {
  switch (signal.kind) {
    case 'price':
      return Math.max(...signal.intervals.map(({ endMs }) => endMs));
    case 'dr-event':
    case 'grid-demand':
      return signal.endMs;
    case 'temperature':
      return signal.atMs + READING_MS;
  }
};
