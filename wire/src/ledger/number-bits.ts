import { z } from 'zod';

/**
 * Sets of session numbers as bits. A lane's numbers lie in ranges of {@link RANGE_NUMBERS}; each range has a key of its
 * own, so that what is written stays small however long a lane runs.
 */

/** Numbers in one range: 256 bytes of bits. */
export const RANGE_NUMBERS = 2_048;
const RANGE_BYTES = 256;
const RANGE_SHIFT = 11;

/** The range that a number lies in, from 0. */
export const rangeOf = (number: number): number => (number - 1) >>> RANGE_SHIFT;

/** The first number of a range. */
export const firstOfRange = (range: number): number => range * RANGE_NUMBERS + 1;

/** Bits in base64; absent bytes at the end are zero. */
export const bitsText = z
  .string()
  .max(Buffer.alloc(RANGE_BYTES).toString('base64').length)
  .regex(/^[A-Za-z0-9+/]*={0,2}$/, 'bits in base64');

/** A set of numbers from `first` on. */
export class NumberBits {
  readonly first: number;
  readonly #bytes: Uint8Array;

  /** @param text bits in base64, the lowest number first and lowest bit first. */
  constructor(first: number, text = '') {
    this.first = first;
    this.#bytes = new Uint8Array(RANGE_BYTES);
    this.#bytes.set(Buffer.from(text, 'base64').subarray(0, this.#bytes.length));
  }

  /** Whether the number is in the set; one outside the span is not. */
  has(number: number): boolean {
    const at = number - this.first;
    return at >= 0 && at < RANGE_NUMBERS && ((this.#bytes[at >> 3] ?? 0) & (1 << (at & 7))) !== 0;
  }

  /** @throws RangeError for a number outside the span. */
  add(number: number): void {
    const at = number - this.first;
    if (at < 0 || at >= RANGE_NUMBERS)
      throw new RangeError(`${number} is not among ${RANGE_NUMBERS} from ${this.first}`);
    this.#bytes[at >> 3] = (this.#bytes[at >> 3] ?? 0) | (1 << (at & 7));
  }

  /** Numbers in the set, ascending. */
  numbers(): number[] {
    const found: number[] = [];
    for (const [index, byte] of this.#bytes.entries()) {
      if (byte === 0) continue;
      for (let bit = 0; bit < 8; bit += 1) {
        if ((byte & (1 << bit)) !== 0) found.push(this.first + index * 8 + bit);
      }
    }
    return found;
  }

  get count(): number {
    let count = 0;
    for (const byte of this.#bytes) for (let left = byte; left !== 0; left &= left - 1) count += 1;
    return count;
  }

  /** Base64 without the zero bytes at the end: one text for each set. */
  get text(): string {
    let end = this.#bytes.length;
    while (end > 0 && this.#bytes[end - 1] === 0) end -= 1;
    return Buffer.from(this.#bytes.subarray(0, end)).toString('base64');
  }
}
