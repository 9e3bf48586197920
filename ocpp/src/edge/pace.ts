/**
 * A bucket that fills with `perSecond` and holds `atOnce`: how long one that is taken now has to wait. A station that tells what it
 * kept while it was offline tells a lot, one after the other: it is slowed down and nothing of it is refused.
 */
export const createPace = (perSecond: number, atOnce: number, nowMs: () => number) => {
  let left = atOnce;
  let sinceMs = nowMs();
  return (): number => {
    const now = nowMs();
    left = Math.min(atOnce, left + (Math.max(0, now - sinceMs) * perSecond) / 1_000);
    sinceMs = now;
    left -= 1;
    return left >= 0 ? 0 : Math.ceil((-left * 1_000) / perSecond);
  };
};
