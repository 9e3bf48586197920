/** What the rounding modes ask about `numerator / denominator`. The denominator is never zero here. */

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

/** True when the division leaves no remainder. */
export const isExact = (numerator: bigint, denominator: bigint): boolean => numerator % denominator === 0n;

/** True when the exact quotient is below zero. */
export const isNegative = (numerator: bigint, denominator: bigint): boolean =>
  numerator !== 0n && numerator < 0n !== denominator < 0n;

/** -1, 0 or 1 as the dropped fraction is less than, equal to, or more than one half. */
export const compareToHalf = (numerator: bigint, denominator: bigint): -1 | 0 | 1 => {
  const twiceRemainder = 2n * magnitude(numerator % denominator);
  const whole = magnitude(denominator);
  if (twiceRemainder === whole) return 0;
  return twiceRemainder < whole ? -1 : 1;
};
