import type { EdgeSettings } from './config.ts';

interface Counted {
  count: number;
  untilMs: number;
}

/** Addresses and ids that are counted at once; beyond, the oldest go. */
const KEPT = 100_000;

/** Counts what was refused in windows of time. */
const createCounter = (windowMs: number, most: number, nowMs: () => number) => {
  const counts = new Map<string, Counted>();
  const at = (key: string): number => {
    const counted = counts.get(key);
    return counted === undefined || counted.untilMs <= nowMs() ? 0 : counted.count;
  };
  return {
    isFull: (key: string): boolean => at(key) >= most,
    add: (key: string): void => {
      const count = at(key) + 1;
      const untilMs = count === 1 ? nowMs() + windowMs : (counts.get(key)?.untilMs ?? 0);
      counts.delete(key);
      counts.set(key, { count, untilMs });
      if (counts.size > KEPT) counts.delete(counts.keys().next().value ?? key);
    },
  };
};

/**
 * Who may not try again for now. What others do from elsewhere, or from behind the same address, does not keep a station out
 * that is known to come from there.
 */
export const createRefusals = (settings: EdgeSettings['refusals'], nowMs: () => number) => {
  const { windowMs } = settings;
  const pairs = createCounter(windowMs, settings.pair, nowMs);
  const addresses = createCounter(windowMs, settings.address, nowMs);
  const ids = createCounter(windowMs, settings.id, nowMs);
  const lastAddress = new Map<string, string>();
  const pairOf = (address: string, id: string) => `${address} ${id}`;
  return {
    mayTry: (address: string, id: string): boolean =>
      !pairs.isFull(pairOf(address, id)) &&
      (lastAddress.get(id) === address || (!addresses.isFull(address) && !ids.isFull(id))),
    refused: (address: string, id: string): void => {
      pairs.add(pairOf(address, id));
      addresses.add(address);
      ids.add(id);
    },
    /** Of stations of the configuration alone, which are few. */
    admitted: (address: string, id: string): void => {
      lastAddress.set(id, address);
    },
  };
};
export type Refusals = ReturnType<typeof createRefusals>;
