import { ristretto255, ristretto255_hasher as hasher } from '@noble/curves/ed25519.js';
import { utf8 } from '../bytes.ts';
import { readable, Unreadable } from '../failure.ts';

/**
 * Sums of commitments: what a member says that its balances come to must open the sum of its pairs' commitments, none of which
 * is opened. Spec: RFC 9496, RFC 9380; the generator of blindings is made from a text that docs/decisions/netting.md names.
 */

const { Point } = ristretto255;
type Element = InstanceType<typeof Point>;
const ORDER = Point.Fn.ORDER;

const BLINDING = Point.fromAffine(
  hasher.hashToCurve(utf8('blinding'), { DST: 'roamgrid balance commitment v1' }).toAffine(),
);

const multiple = (of: Element, by: bigint): Element => {
  const factor = ((by % ORDER) + ORDER) % ORDER;
  return factor === 0n ? Point.ZERO : of.multiply(factor);
};

const NO_ELEMENT = 'a commitment is no element of the group';

const elementOf = (hex: string): Element => {
  readable(/^[0-9a-f]{64}$/.test(hex), NO_ELEMENT);
  try {
    return Point.fromHex(hex);
  } catch {
    // Of the right length, and the encoding of nothing.
    throw new Unreadable(NO_ELEMENT);
  }
};

/**
 * Whether an amount and its blinding open commitments that are added and others that are taken off.
 * @throws Unreadable
 */
export const opensSum = (
  plus: readonly string[],
  minus: readonly string[],
  micros: bigint,
  blinding: string,
): boolean => {
  readable(/^[0-9a-f]{64}$/.test(blinding), 'a blinding is no number');
  let sum = Point.ZERO;
  for (const each of plus) sum = sum.add(elementOf(each));
  for (const each of minus) sum = sum.subtract(elementOf(each));
  return sum.equals(multiple(Point.BASE, micros).add(multiple(BLINDING, BigInt(`0x${blinding}`))));
};
