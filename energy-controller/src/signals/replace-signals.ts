import type { EnergySignal } from '@roamgrid/wire';
import type { SignalBook } from './signal-book.ts';

/** A signal that whoever said it says no more: an event is cancelled, anything else ends now. */
const withdrawn = (signal: EnergySignal, nowMs: number): EnergySignal | undefined => {
  const version = signal.version + 1;
  switch (signal.kind) {
    case 'dr-event':
      return signal.isCancelled === true ? undefined : { ...signal, version, isCancelled: true };
    case 'grid-demand':
      return { ...signal, version, startMs: Math.min(signal.startMs, nowMs - 1), endMs: nowMs };
    case 'price': {
      const [first] = signal.intervals;
      const startMs = Math.min(first?.startMs ?? nowMs, nowMs - 1);
      return { ...signal, version, intervals: [{ priceMicrosPerKWh: 0n, ...first, startMs, endMs: nowMs }] };
    }
    case 'temperature':
      return undefined;
  }
};

/** Puts all that somebody says now, and takes back what he said before and does not say any more. */
export const replaceSignals = async (
  book: SignalBook,
  by: string,
  said: readonly EnergySignal[],
  nowMs: number,
): Promise<void> => {
  const ids = new Set(said.map(({ signalId }) => signalId));
  const gone = book
    .all(nowMs)
    .filter((signal) => signal.by === by && !ids.has(signal.signalId))
    .map((signal) => withdrawn(signal, nowMs));
  for (const signal of [...said, ...gone]) if (signal !== undefined) await book.put(signal);
};
