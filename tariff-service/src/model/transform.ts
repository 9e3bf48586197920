/** An invertible scale on which errors are comparable: about 0 at the median, 0.01 for one percent of it. */
export interface Transform {
  readonly kind: 'log' | 'linear';
  forward(value: number): number;
  back(value: number): number;
  accepts(value: number): boolean;
}

/**
 * Logarithms for loads that stay well above zero, because their swings are proportional; otherwise (sites that idle,
 * net load that turns negative) the plain value over a typical size.
 */
export function chooseTransform(history: Float64Array): Transform {
  const sorted = history.filter((value) => !Number.isNaN(value)).sort();
  const low = sorted[0] ?? 1;
  const median = sorted[sorted.length >> 1] ?? 1;
  if (median > 0 && low > 0.1 * median) {
    const floor = low / 20;
    return {
      kind: 'log',
      forward: (value) => Math.log(Math.max(value, floor) / median),
      back: (value) => median * Math.exp(value),
      accepts: (value) => value > 0,
    };
  }
  const size = sorted.reduce((sum, value) => sum + Math.abs(value), 0) / Math.max(1, sorted.length) || 1;
  return {
    kind: 'linear',
    forward: (value) => value / size,
    back: (value) => value * size,
    accepts: (value) => !Number.isNaN(value),
  };
}
