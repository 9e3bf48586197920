/** Towards zero: cuts the fraction off. */
export const roundDown = (numerator: bigint, denominator: bigint): bigint => numerator / denominator;
