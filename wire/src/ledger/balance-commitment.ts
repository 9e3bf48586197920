import { ristretto255, ristretto255_hasher as hasher } from '@noble/curves/ed25519.js';
import { z } from 'zod';

/**
 * Commitments to amounts that can be added without being opened (Pedersen, over ristretto255): a pair of utilities commits
 * to its balance, and a member shows what all its balances come to by opening the sum of their commitments, none of them
 * alone. Hiding while the blinding is random; binding while nobody knows the logarithm of {@link SECOND} to the first
 * generator, which is why it is made from a text. Spec: RFC 9496, RFC 9380 (`hash_to_ristretto255`).
 */

const { Point: Group } = ristretto255;
type Point = InstanceType<typeof Group>;

/** Order of the group. Spec: RFC 9496 §4. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const DOMAIN = 'roamgrid balance commitment v1';

/** The generator of blindings; its multiples are kept once they are used. */
const SECOND: Point = Group.fromAffine(
  hasher.hashToCurve(new TextEncoder().encode('blinding'), { DST: DOMAIN }).toAffine(),
).precompute(8);

/** A point of the group, as 64 hexadecimal digits; there is one text for each. */
export const commitmentText = z.string().regex(/^[0-9a-f]{64}$/, 'a commitment in lower-case hex');
/** A number below the group's order, as 64 hexadecimal digits. */
export const blindingText = z.string().regex(/^[0-9a-f]{64}$/, 'a blinding in lower-case hex');

const modOrder = (value: bigint): bigint => ((value % ORDER) + ORDER) % ORDER;

const times = (point: Point, factor: bigint): Point => {
  if (factor === 0n) return Group.ZERO;
  return factor < 0n ? point.multiply(-factor).negate() : point.multiply(factor);
};

const blindingOf = (text: string): bigint => modOrder(BigInt(`0x${text}`));

export interface BalanceOpening {
  readonly micros: bigint;
  /** Hexadecimal; a random one keeps the amount secret. */
  readonly blinding: string;
}

const pointOf = ({ micros, blinding }: BalanceOpening): Point =>
  times(Group.BASE, micros).add(times(SECOND, blindingOf(blinding)));

/** Commits to an amount, which may be negative. */
export const commitTo = (opening: BalanceOpening): string => pointOf(opening).toHex();

/** One of several commitments or openings in a sum: `1` adds it, `-1` takes it off. */
export interface Signed<T> {
  readonly sign: 1 | -1;
  readonly of: T;
}

/** What opens the sum of the commitments that these open. */
export const sumOpenings = (parts: readonly Signed<BalanceOpening>[]): BalanceOpening => {
  let micros = 0n;
  let blinding = 0n;
  for (const { sign, of } of parts) {
    micros += BigInt(sign) * of.micros;
    blinding += BigInt(sign) * blindingOf(of.blinding);
  }
  return { micros, blinding: modOrder(blinding).toString(16).padStart(64, '0') };
};

/** Commitments that have been read, so that one that stands in two sums is decoded once. */
export class Commitments {
  readonly #points = new Map<string, Point | undefined>();

  #point(text: string): Point | undefined {
    if (!this.#points.has(text)) this.#points.set(text, readPoint(text));
    return this.#points.get(text);
  }

  /** Whether the text is a commitment at all. */
  isOne(text: string): boolean {
    return this.#point(text) !== undefined;
  }

  /** Whether an opening opens the sum of commitments. */
  opens(parts: readonly Signed<string>[], opening: BalanceOpening): boolean {
    let sum: Point = Group.ZERO;
    for (const { sign, of } of parts) {
      const point = this.#point(of);
      if (point === undefined) return false;
      sum = sign === 1 ? sum.add(point) : sum.subtract(point);
    }
    return sum.equals(pointOf(opening));
  }
}

const readPoint = (text: string): Point | undefined => {
  try {
    return Group.fromHex(text);
  } catch {
    return undefined;
  }
};
