import { roundCeiling } from './round-ceiling.ts';
import { roundDown } from './round-down.ts';
import { roundFloor } from './round-floor.ts';
import { roundHalfEven } from './round-half-even.ts';
import { roundHalfUp } from './round-half-up.ts';
import { roundUp } from './round-up.ts';

/** Every rounding mode there is; recorded by name in pricing policies. */
export const ROUNDING_MODES = ['half-even', 'half-up', 'up', 'down', 'ceiling', 'floor'] as const;

export type RoundingMode = (typeof ROUNDING_MODES)[number];

const ROUND: Readonly<Record<RoundingMode, (numerator: bigint, denominator: bigint) => bigint>> = {
  'half-even': roundHalfEven,
  'half-up': roundHalfUp,
  up: roundUp,
  down: roundDown,
  ceiling: roundCeiling,
  floor: roundFloor,
};

/** Narrows text from outside to a rounding mode. */
export const isRoundingMode = (text: string): text is RoundingMode =>
  (ROUNDING_MODES as readonly string[]).includes(text);

/** Integer division with a named rounding. Throws `RangeError` when the denominator is zero: a broken invariant. */
export const divide = (numerator: bigint, denominator: bigint, mode: RoundingMode): bigint => {
  if (denominator === 0n) throw new RangeError('divide: the denominator is zero');
  return ROUND[mode](numerator, denominator);
};

/** Rounds a value to a multiple of `step` (> 0): `roundToMultiple(17n, 5n, 'half-even')` is `15n`. */
export const roundToMultiple = (value: bigint, step: bigint, mode: RoundingMode): bigint => {
  if (step <= 0n) throw new RangeError(`roundToMultiple: the step must be positive, got ${step}`);
  return divide(value, step, mode) * step;
};
