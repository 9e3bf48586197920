import { inverseOf, PRIME, randomNumbers, reduced } from './field.ts';

/**
 * Secrets in shares (A. Shamir, How to share a secret, 1979): of n houses any n − 2 together learn nothing of a value, and as n − 1 shares
 * say all of it, one share of n that is wrong is noticed. Shares of sums are sums of shares.
 */

/** Fewest houses that can add up: of two each would know the other's. */
export const LEAST_HOUSES = 3;

/** A share a house, each a number a value. @throws RangeError for fewer than three houses */
export const dealShares = (values: readonly bigint[], houses: number): readonly (readonly bigint[])[] => {
  if (houses < LEAST_HOUSES) throw new RangeError(`${houses} houses cannot add up in secret`);
  const shares: bigint[][] = Array.from({ length: houses }, () => []);
  for (const value of values) {
    const factors = [...randomNumbers(houses - 2), reduced(value)];
    for (const [at, share] of shares.entries()) {
      const point = BigInt(at + 1);
      share.push(factors.reduce((sum, factor) => (sum * point + factor) % PRIME, 0n));
    }
  }
  return shares;
};

const factorsOf = (
  houses: number,
): { readonly atZero: readonly bigint[]; readonly top: readonly bigint[] } => {
  const points = Array.from({ length: houses }, (_, at) => BigInt(at + 1));
  const top = points.map((own) =>
    inverseOf(points.reduce((product, other) => (other === own ? product : product * (own - other)), 1n)),
  );
  const atZero = points.map((own, at) =>
    reduced(
      points.reduce((product, other) => (other === own ? product : product * -other), 1n) * (top[at] ?? 0n),
    ),
  );
  return { atZero, top };
};

/** The values of all shares, one a house in the order of dealing; undefined where any of them is wrong. */
export const openShares = (shares: readonly (readonly bigint[])[]): readonly bigint[] | undefined => {
  const { atZero, top } = factorsOf(shares.length);
  const count = shares[0]?.length ?? 0;
  if (shares.length < LEAST_HOUSES || shares.some(({ length }) => length !== count)) return undefined;
  const sumBy = (factors: readonly bigint[], at: number): bigint =>
    reduced(shares.reduce((sum, share, house) => sum + (share[at] ?? 0n) * (factors[house] ?? 0n), 0n));
  const values: bigint[] = [];
  for (let at = 0; at < count; at += 1) {
    // Right shares lie on a polynomial of the degree n − 2: the factor of the next power is zero.
    if (sumBy(top, at) !== 0n) return undefined;
    values.push(sumBy(atZero, at));
  }
  return values;
};

export const addNumbers = (a: readonly bigint[], b: readonly bigint[]): readonly bigint[] =>
  a.map((value, at) => reduced(value + (b[at] ?? 0n)));
