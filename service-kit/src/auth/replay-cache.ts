/** Remembers ids until they could not be used any more. */
export interface ReplayCache {
  /** True the first time an id is seen; false for a repeat, and when the cache is full. */
  first(id: string, untilMs: number, nowMs: number): boolean;
  readonly size: number;
}

/** @param limit ids kept at most; when full, newcomers are refused rather than old ones forgotten. */
export const createReplayCache = (limit = 200_000): ReplayCache => {
  // Ids come with almost equal lifetimes, so insertion order is nearly order of expiry and sweeping from the front is enough.
  const seen = new Map<string, number>();
  const sweep = (nowMs: number): void => {
    for (const [id, untilMs] of seen) {
      if (untilMs > nowMs) return;
      seen.delete(id);
    }
  };
  return {
    first(id, untilMs, nowMs) {
      sweep(nowMs);
      if (seen.has(id) || seen.size >= limit) return false;
      seen.set(id, untilMs);
      return true;
    },
    get size() {
      return seen.size;
    },
  };
};
