import type { Rational } from '@roamgrid/domain';

/** A JSON number keeps this many digits of any decimal text. Spec: IEEE 754 binary64. */
const DIGITS = 15;
/** More decimal places than any price has. */
const PLACES = 12;

export const fraction = (n: bigint, d = 1n): Rational => ({ n, d });
export const times = (a: Rational, b: Rational): Rational => ({ n: a.n * b.n, d: a.d * b.d });
export const plus = (a: Rational, b: Rational): Rational => ({ n: a.n * b.d + b.n * a.d, d: a.d * b.d });
/** `a` by `b`, which is above zero. */
export const over = (a: Rational, b: Rational): Rational => ({ n: a.n * b.d, d: a.d * b.n });
export const isSame = (a: Rational, b: Rational): boolean => a.n * b.d === b.n * a.d;

/** The JSON number that reads as exactly this decimal; undefined for a third, and for more digits than such a number keeps. */
export const exactNumber = ({ n, d }: Rational): number | undefined => {
  for (let places = 0; places <= PLACES; places += 1) {
    const scaled = n * 10n ** BigInt(places);
    if (scaled % d !== 0n) continue;
    const digits = scaled / d;
    const size = digits < 0n ? -digits : digits;
    return size.toString().length > DIGITS ? undefined : Number(`${digits}e-${places}`);
  }
  return undefined;
};
