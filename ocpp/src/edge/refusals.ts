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
    /** @returns takes it back */
    add: (key: string): (() => void) => {
      const before = counts.get(key);
      const counted =
        before === undefined || before.untilMs <= nowMs()
          ? { count: 0, untilMs: nowMs() + windowMs }
          : before;
      counted.count += 1;
      counts.delete(key);
      counts.set(key, counted);
      if (counts.size > KEPT) counts.delete(counts.keys().next().value ?? key);
      return () => {
        counted.count -= 1;
        if (counted.count === 0 && counts.get(key) === counted) counts.delete(key);
      };
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
    /** A try counts before it is known what becomes of it, so that many at once are no way around the limits. */
    tried: (address: string, id: string): { readonly takeBack: () => void } => {
      const counted = [pairs.add(pairOf(address, id)), addresses.add(address), ids.add(id)];
      return {
        takeBack: () => {
          for (const takeBackOne of counted) takeBackOne();
        },
      };
    },
    /** Of stations of the configuration alone, which are few. */
    admitted: (address: string, id: string): void => {
      lastAddress.set(id, address);
    },
  };
};
export type Refusals = ReturnType<typeof createRefusals>;
