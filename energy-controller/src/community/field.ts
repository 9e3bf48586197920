import { randomBytes } from 'node:crypto';

/** Whole numbers modulo the prime 2^127 − 1. Shares of limits are such numbers: each of them is as likely as any other. */
export const PRIME = (1n << 127n) - 1n;
/** Length of one on the wire. */
export const NUMBER_BYTES = 16;

/** The number from 0 up that stands for a whole number. */
export const reduced = (value: bigint): bigint => {
  const rest = value % PRIME;
  return rest < 0n ? rest + PRIME : rest;
};

/** A whole number that a sum stands for: what is above half of the prime is meant negative. */
export const signedOf = (value: bigint): bigint => (value > PRIME / 2n ? value - PRIME : value);

/** By Euclid's algorithm. @throws RangeError for zero, which has none */
export const inverseOf = (value: bigint): bigint => {
  let [rest, next] = [PRIME, reduced(value)];
  if (next === 0n) throw new RangeError('zero has no inverse');
  let [before, factor] = [0n, 1n];
  while (next !== 0n) {
    const times = rest / next;
    [rest, next] = [next, rest - times * next];
    [before, factor] = [factor, before - times * factor];
  }
  return reduced(before);
};

const numberAt = (bytes: Uint8Array, at: number): bigint =>
  BigInt(`0x${Buffer.from(bytes.subarray(at, at + NUMBER_BYTES)).toString('hex')}`);

/** Numbers that nobody can foresee, each as likely as the others. */
export const randomNumbers = (count: number): bigint[] => {
  const bytes = randomBytes(count * NUMBER_BYTES);
  return Array.from({ length: count }, (_, at) => {
    let value = numberAt(bytes, at * NUMBER_BYTES) & PRIME;
    while (value === PRIME) value = numberAt(randomBytes(NUMBER_BYTES), 0) & PRIME;
    return value;
  });
};

export const encodeNumbers = (values: readonly bigint[]): Uint8Array =>
  Buffer.from(values.map((value) => value.toString(16).padStart(2 * NUMBER_BYTES, '0')).join(''), 'hex');

/** Exactly so many numbers, or undefined for anything else. */
export const decodeNumbers = (bytes: Uint8Array, count: number): bigint[] | undefined => {
  if (bytes.length !== count * NUMBER_BYTES) return undefined;
  const values = Array.from({ length: count }, (_, at) => numberAt(bytes, at * NUMBER_BYTES));
  return values.every((value) => value < PRIME) ? values : undefined;
};
