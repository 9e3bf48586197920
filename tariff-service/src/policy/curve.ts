import { PPM, type TariffPolicy } from './policy.ts';

/** Quotient rounded to the nearest integer, halves up. `divisor` is positive. */
export function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  const doubled = 2n * dividend + divisor;
  const quotient = doubled / (2n * divisor);
  return doubled < 0n && doubled % (2n * divisor) !== 0n ? quotient - 1n : quotient;
}

/** Load over capacity in parts per million, rounded down. */
export function ratioPpm(loadW: bigint, capacityW: bigint): bigint {
  if (capacityW <= 0n) throw new RangeError('capacity must be positive');
  return ((loadW < 0n ? 0n : loadW) * PPM) / capacityW;
}

/** Multiplier of the load curve. Outside the points the nearest one holds; in bands below the first point it is the first. */
export function multiplierAt(curve: TariffPolicy['loadCurve'], ratio: bigint): bigint {
  const { points } = curve;
  const above = points.findIndex((point) => point.ratioPpm > ratio);
  const low = points[above === -1 ? points.length - 1 : Math.max(0, above - 1)];
  const high = above === -1 ? undefined : points[above];
  if (low === undefined) throw new Error('a curve has at least one point');
  if (curve.kind === 'bands' || high === undefined || low === high || ratio <= low.ratioPpm)
    return low.multiplierPpm;
  const rise = (high.multiplierPpm - low.multiplierPpm) * (ratio - low.ratioPpm);
  return low.multiplierPpm + divideHalfUp(rise, high.ratioPpm - low.ratioPpm);
}
