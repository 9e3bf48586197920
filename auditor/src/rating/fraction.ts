/** Exact fractions, the denominator above zero. */

export interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));
const size = (value: bigint): bigint => (value < 0n ? -value : value);

export const over = (n: bigint, d = 1n): Fraction => {
  const sign = d < 0n ? -1n : 1n;
  const common = gcd(size(n), size(d)) * sign;
  return common === 0n ? { n: 0n, d: 1n } : { n: n / common, d: d / common };
};

export const NOTHING = over(0n);
export const ONE = over(1n);
export const plus = (a: Fraction, b: Fraction): Fraction => over(a.n * b.d + b.n * a.d, a.d * b.d);
export const minus = (a: Fraction, b: Fraction): Fraction => over(a.n * b.d - b.n * a.d, a.d * b.d);
export const times = (a: Fraction, b: Fraction): Fraction => over(a.n * b.n, a.d * b.d);
export const per = (a: Fraction, b: Fraction): Fraction => over(a.n * b.d, a.d * b.n);
export const isLess = (a: Fraction, b: Fraction): boolean => a.n * b.d < b.n * a.d;
export const isSame = (a: Fraction, b: Fraction): boolean => a.n === b.n && a.d === b.d;
export const total = (parts: readonly Fraction[]): Fraction => parts.reduce(plus, NOTHING);

/** The whole number at or below. */
export const floor = ({ n, d }: Fraction): bigint => (n >= 0n || n % d === 0n ? n / d : n / d - 1n);

/** The whole number at or above. */
export const ceiling = (value: Fraction): bigint => -floor({ n: -value.n, d: value.d });

/** The nearest whole number; a tie away from zero. */
export const nearest = ({ n, d }: Fraction): bigint =>
  n < 0n ? -floor({ n: 2n * -n + d, d: 2n * d }) : floor({ n: 2n * n + d, d: 2n * d });

/** The nearest whole number; a tie to the even one. */
export const nearestEven = (value: Fraction): bigint => {
  const below = floor(value);
  const twice = minus(times(value, over(2n)), over(2n * below));
  if (isSame(twice, ONE)) return below % 2n === 0n ? below : below + 1n;
  return isLess(twice, ONE) ? below : below + 1n;
};

/** A decimal text with an exponent perhaps, exactly; undefined when it is none. */
export const decimal = (text: string): Fraction | undefined => {
  const match = /^([+-]?)(\d+)\.?(\d*)(?:[eE]([+-]?\d{1,3}))?$/.exec(text);
  if (match === null || text.length > 64) return undefined;
  const [, sign = '', before = '', after = '', exponent = '0'] = match;
  const power = Number(exponent) - after.length;
  const digits = BigInt(`${sign === '-' ? '-' : ''}${before}${after}`);
  return power < 0 ? over(digits, 10n ** BigInt(-power)) : over(digits * 10n ** BigInt(power));
};

/** A whole number of a decimal's last places as text, without zeros at its end. */
export const decimalText = (scaled: bigint, places: number): string => {
  const digits = size(scaled)
    .toString()
    .padStart(places + 1, '0');
  const cut = digits.length - places;
  const fraction = digits.slice(cut).replace(/0+$/, '');
  return `${scaled < 0n ? '-' : ''}${digits.slice(0, cut)}${fraction === '' ? '' : `.${fraction}`}`;
};
