import { divide } from '../rounding/index.ts';
import { compare, isZero, rational, subtract, type Rational } from '../tariff/rational.ts';

/**
 * Rounds exact parts to whole units so that they add up to a total that was rounded on its own: each is first rounded
 * down, then the units left over go one each to the parts with the largest remainders, ties to the earlier part (and
 * likewise back, should the total be the smaller). A part that is exactly zero stays zero while another can take it.
 */
export const apportion = (parts: readonly Rational[], scale: bigint, total: bigint): readonly bigint[] => {
  const floors = parts.map(({ n, d }) => divide(n * scale, d, 'floor'));
  let leftOver = total - floors.reduce((sum, part) => sum + part, 0n);
  if (leftOver === 0n) return floors;
  const direction = leftOver < 0n ? -1n : 1n;
  const order = parts
    .map((part, index) => ({
      index,
      isZero: isZero(part),
      remainder: subtract(rational(part.n * scale, part.d), rational(floors[index] ?? 0n)),
    }))
    .sort((a, b) => {
      if (a.isZero !== b.isZero) return a.isZero ? 1 : -1;
      const larger = compare(b.remainder, a.remainder) * Number(direction);
      return larger === 0 ? a.index - b.index : larger;
    });
  for (let next = 0; leftOver !== 0n && order.length > 0; next = (next + 1) % order.length) {
    const index = order[next]?.index ?? 0;
    floors[index] = (floors[index] ?? 0n) + direction;
    leftOver -= direction;
  }
  return floors;
};
