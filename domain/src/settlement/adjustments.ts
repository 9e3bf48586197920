import { PPM } from '../money/index.ts';
import { err, ok, type DomainError, type Result } from '../result/index.ts';
import { divide, type RoundingMode } from '../rounding/index.ts';

/** A named change of a price: a surcharge above zero, a discount below. */
export interface Adjustment {
  /** What it is for, such as `loyalty:gold`; shown on the bill. */
  readonly reason: string;
  /** Parts per million of the base. */
  readonly ppm: bigint;
}

export interface AdjustmentLine extends Adjustment {
  readonly micros: bigint;
}

export interface AdjustedTotal {
  readonly baseMicros: bigint;
  readonly lines: readonly AdjustmentLine[];
  readonly totalMicros: bigint;
  /** The rounding that each line was computed with. */
  readonly rounding: RoundingMode;
}

export type AdjustmentError = DomainError<'BASE_NEGATIVE' | 'DISCOUNTS_EXCEED_BASE'>;

/**
 * Applies each adjustment to the base, never to one another's result, and rounds each line by name: the total does not
 * depend on the order. Discounts beyond the whole base are refused.
 */
export const applyAdjustments = (
  baseMicros: bigint,
  adjustments: readonly Adjustment[],
  rounding: RoundingMode,
): Result<AdjustedTotal, AdjustmentError> => {
  if (baseMicros < 0n) {
    return err({
      code: 'BASE_NEGATIVE',
      message: `the base is ${baseMicros} micros: adjust charges, not refunds`,
    });
  }
  const lines = adjustments.map(({ reason, ppm }): AdjustmentLine => {
    return { reason, ppm, micros: divide(baseMicros * ppm, PPM, rounding) };
  });
  const totalMicros = lines.reduce((sum, line) => sum + line.micros, baseMicros);
  if (totalMicros < 0n) {
    return err({
      code: 'DISCOUNTS_EXCEED_BASE',
      message: `the discounts take ${baseMicros - totalMicros} micros off a base of ${baseMicros}`,
    });
  }
  return ok({ baseMicros, lines, totalMicros, rounding });
};
