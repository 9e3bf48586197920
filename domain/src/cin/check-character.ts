import { ALPHABET, charactersOf, valueOf } from './alphabet.ts';

/**
 * The check character of an e-mobility account id. Spec: ISO 15118-1 Annex H.
 *
 * Each character is a pair over GF(2) and a pair over GF(3); position i is weighted by the i-th power of a matrix over
 * each field, P = (0 1; 1 1) and (0 1; 1 2). A text is consistent when both weighted sums vanish. The matrices and
 * their differences from one are invertible, so every single error and every adjacent swap is found.
 */
type Syndrome = readonly [binary0: number, binary1: number, ternary0: number, ternary1: number];

const ZERO: Syndrome = [0, 0, 0, 0];

/** `(sum + character) · P` in both fields: one step of Horner's rule from the last character to the first. */
const step = ([b0, b1, t0, t1]: Syndrome, character: string): Syndrome => {
  const value = valueOf(character);
  const inNine = value % 9;
  const x0 = b0 + (value >= 18 ? 1 : 0);
  const x1 = b1 + (value % 18 >= 9 ? 1 : 0);
  const y0 = t0 + (inNine >= 6 ? 2 : inNine >= 3 ? 1 : 0);
  const y1 = t1 + (inNine % 3);
  return [x1 % 2, (x0 + x1) % 2, y1 % 3, (y0 + 2 * y1) % 3];
};

/** True when the last of 15 characters is the check character of the 14 before it. */
export const isConsistent = (fifteen: string): boolean =>
  charactersOf(fifteen)
    .reduceRight(step, ZERO)
    .every((component) => component === 0);

/** The check character of 14 characters of the alphabet; throws on anything else: the caller has checked them. */
export const checkCharacterOf = (fourteen: string): string => {
  const characters = charactersOf(fourteen);
  if (characters.length !== 14 || characters.some((character) => valueOf(character) < 0)) {
    throw new RangeError('checkCharacterOf: give 14 characters of 0-9 and A-Z');
  }
  const found = charactersOf(ALPHABET).find((candidate) => isConsistent(fourteen + candidate));
  if (found === undefined) throw new Error('checkCharacterOf: the check matrix is singular');
  return found;
};
