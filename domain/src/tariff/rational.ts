import { divide, type RoundingMode } from '../rounding/index.ts';

/** An exact fraction; the denominator is positive. Tariff arithmetic stays in these until the one rounding at the end. */
export interface Rational {
  readonly n: bigint;
  readonly d: bigint;
}

export const ZERO: Rational = { n: 0n, d: 1n };
export const ONE: Rational = { n: 1n, d: 1n };

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

const gcdSafe = (a: number, b: number): number => {
  let x = a;
  let y = b;
  while (y !== 0) [x, y] = [y, x % y];
  return x;
};

/** Euclid; once both fit an exact integer of the machine it goes on in those, several times as fast. */
const gcd = (a: bigint, b: bigint): bigint => {
  let x = a < 0n ? -a : a;
  let y = b;
  while (y !== 0n) {
    if (x <= MAX_SAFE && y <= MAX_SAFE) return BigInt(gcdSafe(Number(x), Number(y)));
    [x, y] = [y, x % y];
  }
  return x;
};

/** `n/d` in lowest terms. Throws `RangeError` on a zero denominator: a broken invariant. */
export const rational = (n: bigint, d = 1n): Rational => {
  if (d === 1n) return { n, d };
  if (d === 0n) throw new RangeError('rational: the denominator is zero');
  const sign = d < 0n ? -1n : 1n;
  const divisor = gcd(n, d * sign) * sign;
  return { n: n / divisor, d: d / divisor };
};

/** Equal denominators are the common case (whole base units), so they skip the reduction. */
export const add = (a: Rational, b: Rational): Rational =>
  a.d === b.d ? { n: a.n + b.n, d: a.d } : rational(a.n * b.d + b.n * a.d, a.d * b.d);

const negate = (a: Rational): Rational => ({ n: -a.n, d: a.d });
export const subtract = (a: Rational, b: Rational): Rational => add(a, negate(b));
export const multiply = (a: Rational, b: Rational): Rational => ({ n: a.n * b.n, d: a.d * b.d });

/** Exact quotient. Throws `RangeError` when `b` is zero. */
export const divideExact = (a: Rational, b: Rational): Rational => rational(a.n * b.d, a.d * b.n);

/** Below zero, zero or above zero as `a` is less than, equal to or greater than `b`. */
export const compare = (a: Rational, b: Rational): number => {
  const left = a.d === b.d ? a.n : a.n * b.d;
  const right = a.d === b.d ? b.n : b.n * a.d;
  return left < right ? -1 : left > right ? 1 : 0;
};

export const isZero = (a: Rational): boolean => a.n === 0n;
export const isPositive = (a: Rational): boolean => a.n > 0n;
export const sum = (values: Iterable<Rational>): Rational => {
  let total = ZERO;
  for (const value of values) total = add(total, value);
  return total;
};

/** The whole number of `1/scale` parts, rounded by the named mode: scale 1,000,000 gives micros. */
export const toScaled = (a: Rational, scale: bigint, mode: RoundingMode): bigint =>
  divide(a.n * scale, a.d, mode);
