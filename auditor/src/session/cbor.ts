import { concat, textOf, utf8, type Bytes } from '../bytes.ts';
import { readable } from '../failure.ts';

/** What a token is written in: whole numbers, texts, bytes, lists and maps, each of a length that is said. Spec: RFC 8949 §3. */
export type Cbor = number | boolean | null | string | Bytes | readonly Cbor[] | ReadonlyMap<Cbor, Cbor>;

const KIND = { whole: 0, negative: 1, bytes: 2, text: 3, list: 4, map: 5, plain: 7 } as const;
const PLAIN: ReadonlyMap<number, boolean | null> = new Map([
  [20, false],
  [21, true],
  [22, null],
]);
const KIND_BITS = 5;
/** Lengths and numbers below stand in the first byte; from here on in 1, 2, 4 or 8 bytes after it. */
const LONG = 24;

class Reader {
  readonly #bytes: Bytes;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  get isOver(): boolean {
    return this.#at === this.#bytes.length;
  }

  #take(count: number): Bytes {
    const end = this.#at + count;
    readable(end <= this.#bytes.length, 'a token ends too soon');
    const taken = this.#bytes.slice(this.#at, end);
    this.#at = end;
    return taken;
  }

  #count(said: number): number {
    if (said < LONG) return said;
    readable(said < LONG + 4, 'a token has a length that nobody writes');
    const value = this.#take(2 ** (said - LONG)).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    readable(value <= BigInt(Number.MAX_SAFE_INTEGER), 'a token has a number that is too large');
    return Number(value);
  }

  next(): Cbor {
    const [head = 0] = this.#take(1);
    const kind = head >> KIND_BITS;
    const said = head & (2 ** KIND_BITS - 1);
    if (kind === KIND.plain) {
      const value = PLAIN.get(said);
      readable(value !== undefined, 'a token has a value of no known kind');
      return value;
    }
    const count = this.#count(said);
    if (kind === KIND.whole) return count;
    if (kind === KIND.negative) return -1 - count;
    if (kind === KIND.bytes) return this.#take(count);
    if (kind === KIND.text) return textOf(this.#take(count));
    readable(kind === KIND.list || kind === KIND.map, 'a token has a value of no known kind');
    if (kind === KIND.list) return Array.from({ length: count }, () => this.next());
    const map = new Map<Cbor, Cbor>();
    for (let left = count; left > 0; left -= 1) map.set(this.next(), this.next());
    return map;
  }
}

/** @throws Unreadable */
export const readCbor = (bytes: Bytes): Cbor => {
  const reader = new Reader(bytes);
  const value = reader.next();
  readable(reader.isOver, 'something stands behind a token');
  return value;
};

const headOf = (kind: number, count: number): Bytes => {
  const first = kind << KIND_BITS;
  if (count < LONG) return Uint8Array.of(first + count);
  const power = [1, 2, 4].findIndex((size) => count < 2 ** (8 * size));
  const size = power < 0 ? 8 : 2 ** power;
  const digits = count.toString(16).padStart(2 * size, '0');
  const bytes = Uint8Array.from({ length: size }, (_, at) =>
    Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16),
  );
  return concat(Uint8Array.of(first + LONG + (power < 0 ? 3 : power)), bytes);
};

/** What is signed is written again from its parts. */
export type Said = bigint | number | string | Bytes | readonly Said[];

export const cborOf = (value: Said): Bytes => {
  if (typeof value === 'number' || typeof value === 'bigint') return headOf(KIND.whole, Number(value));
  if (typeof value === 'string') {
    const bytes = utf8(value);
    return concat(headOf(KIND.text, bytes.length), bytes);
  }
  if (value instanceof Uint8Array) return concat(headOf(KIND.bytes, value.length), value);
  return concat(headOf(KIND.list, value.length), ...value.map(cborOf));
};
