/** Remembers ids until they could not be used any more. */
export interface ReplayGuard {
  /** True the first time an id is seen; false for a repeat. */
  first(id: string, untilMs: number, nowMs: number): Promise<boolean>;
}

/**
 * In memory, for what has no database.
 * @param limit ids kept at most; when full, newcomers are refused rather than old ones forgotten.
 */
export const createReplayCache = (limit = 200_000): ReplayGuard => {
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
      if (seen.has(id) || seen.size >= limit) return Promise.resolve(false);
      seen.set(id, untilMs);
      return Promise.resolve(true);
    },
  };
};
