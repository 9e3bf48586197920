import { isExact, isNegative } from './quotient.ts';

/** Towards negative infinity. */
export const roundFloor = (numerator: bigint, denominator: bigint): bigint => {
  const quotient = numerator / denominator;
  return isExact(numerator, denominator) || !isNegative(numerator, denominator) ? quotient : quotient - 1n;
};
