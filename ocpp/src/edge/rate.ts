/** A bucket that fills with `perSecond` and holds `atOnce`: what one station may say. */
export const createRate = (perSecond: number, atOnce: number, nowMs: () => number) => {
  let left = atOnce;
  let sinceMs = nowMs();
  return (): boolean => {
    const now = nowMs();
    left = Math.min(atOnce, left + (Math.max(0, now - sinceMs) * perSecond) / 1_000);
    sinceMs = now;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
};
