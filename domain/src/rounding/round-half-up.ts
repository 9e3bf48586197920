import { compareToHalf } from './quotient.ts';
import { roundDown } from './round-down.ts';
import { roundUp } from './round-up.ts';

/** To the nearest; a tie goes away from zero (commercial rounding), so that a refund mirrors its charge. */
export const roundHalfUp = (numerator: bigint, denominator: bigint): bigint =>
  compareToHalf(numerator, denominator) >= 0
    ? roundUp(numerator, denominator)
    : roundDown(numerator, denominator);
