import { concat, type Bytes } from './bytes.ts';

/** SHA-256 where the host has it only behind a promise: browsers. Spec: FIPS 180-4. */

const primes = (count: number): number[] => {
  const found: number[] = [];
  for (let candidate = 2; found.length < count; candidate += 1)
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate);
  return found;
};

/** The first 32 bits of the fractional part of a root. */
const fraction = (root: number): number => ((root - Math.floor(root)) * 0x1_0000_0000) | 0;
const ROUND = Int32Array.from(primes(64), (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(primes(8), (prime) => fraction(Math.sqrt(prime)));

const BLOCK = 64;

const padded = (message: Bytes): Bytes => {
  const zeros = (BLOCK - ((message.length + 9) % BLOCK)) % BLOCK;
  const tail = new Uint8Array(1 + zeros + 8);
  tail[0] = 0x80;
  new DataView(tail.buffer).setBigUint64(1 + zeros, BigInt(message.length) * 8n);
  return concat(message, tail);
};

const turn = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

export const sha256 = (...parts: readonly Bytes[]): Bytes => {
  const message = padded(concat(...parts));
  const view = new DataView(message.buffer);
  const state = Int32Array.from(START);
  const words = new Int32Array(BLOCK);
  const at = (index: number): number => words[index] ?? 0;
  for (let block = 0; block < message.length; block += BLOCK) {
    for (let index = 0; index < 16; index += 1) words[index] = view.getInt32(block + index * 4);
    for (let index = 16; index < BLOCK; index += 1) {
      const low = at(index - 15);
      const high = at(index - 2);
      const s0 = turn(low, 7) ^ turn(low, 18) ^ (low >>> 3);
      const s1 = turn(high, 17) ^ turn(high, 19) ^ (high >>> 10);
      words[index] = (at(index - 16) + s0 + at(index - 7) + s1) | 0;
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
    for (let index = 0; index < BLOCK; index += 1) {
      const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
      const one = (h + s1 + ((e & f) ^ (~e & g)) + (ROUND[index] ?? 0) + at(index)) | 0;
      const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
      const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    for (const [index, word] of [a, b, c, d, e, f, g, h].entries())
      state[index] = ((state[index] ?? 0) + word) | 0;
  }
  const out = new DataView(new ArrayBuffer(32));
  for (const [index, word] of state.entries()) out.setInt32(index * 4, word);
  return new Uint8Array(out.buffer);
};
