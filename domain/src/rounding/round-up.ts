import { isExact, isNegative } from './quotient.ts';

/** Away from zero: any remainder makes the magnitude one larger. */
export const roundUp = (numerator: bigint, denominator: bigint): bigint => {
  const quotient = numerator / denominator;
  if (isExact(numerator, denominator)) return quotient;
  return isNegative(numerator, denominator) ? quotient - 1n : quotient + 1n;
};
