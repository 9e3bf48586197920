/** Figures of a run. */

/** Nearest-rank percentile, one decimal; 0 for nothing. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return rounded(sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0, 1);
}

export const rounded = (value: number, places = 2): number => Math.round(value * 10 ** places) / 10 ** places;

export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export const latencyOf = (samples: readonly number[]): Latency => ({
  p50: percentile(samples, 0.5),
  p99: percentile(samples, 0.99),
  max: percentile(samples, 1),
});
