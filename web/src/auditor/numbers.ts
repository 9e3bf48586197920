import { bytesOfBase64 } from '../shared/hash.ts';

/**
 * Numbers of a lane that a record names as a first one and bits from it on, ascending: the lowest number first and the
 * lowest bit first.
 */
export const numbersOf = (first: number, bits: string): readonly number[] =>
  [...bytesOfBase64(bits)].flatMap((byte, at) =>
    Array.from({ length: 8 }, (_, bit) => bit)
      .filter((bit) => (byte & (1 << bit)) !== 0)
      .map((bit) => first + at * 8 + bit),
  );
