import { compareToHalf } from './quotient.ts';
import { roundDown } from './round-down.ts';
import { roundUp } from './round-up.ts';

/** To the nearest; a tie goes to the even neighbour (banker's rounding), so that ties do not drift one way. */
export const roundHalfEven = (numerator: bigint, denominator: bigint): bigint => {
  const towardsZero = roundDown(numerator, denominator);
  const half = compareToHalf(numerator, denominator);
  const goesUp = half > 0 || (half === 0 && towardsZero % 2n !== 0n);
  return goesUp ? roundUp(numerator, denominator) : towardsZero;
};
