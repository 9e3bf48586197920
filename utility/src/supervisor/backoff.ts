/** Pauses before a part is started again. */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

export const DEFAULT_BACKOFF: Backoff = { firstMs: 100, longestMs: 5_000 };

/**
 * The pause after so many failures in a row: doubled each time up to the longest, and up to a half shorter by chance, so
 * that parts that fell together do not all come at once.
 * @param random a number from 0 to below 1
 */
export const pauseMs = (failures: number, { firstMs, longestMs }: Backoff, random: number): number => {
  const whole = Math.min(longestMs, firstMs * 2 ** Math.min(failures, 30));
  return Math.round(whole * (1 - random / 2));
};
