import { joined } from '../cbor/bytes.ts';
import { decodeCbor, encodeCbor, isBytes, itemsOf, type CborValue } from '../cbor/cbor.ts';
import { crc32, type Flash } from './flash.ts';

/** A session's record as phones carry it: sealed for the utility, so nobody on the way reads or counts by it. */
export interface SealedRecord {
  /** Sessions of a charger are numbered one after the other. */
  readonly number: number;
  readonly bytes: Uint8Array;
  /** How often a phone said that it has it. */
  readonly carried: number;
}

const HEADER_BYTES = 6;

const framed = (value: CborValue): Uint8Array => {
  const bytes = encodeCbor(value);
  const whole = new Uint8Array(HEADER_BYTES + bytes.length);
  const view = new DataView(whole.buffer);
  view.setUint16(0, bytes.length);
  view.setUint32(2, crc32(bytes));
  whole.set(bytes, HEADER_BYTES);
  return whole;
};

/** Entries up to the first that is not whole. */
function* entriesOf(bytes: Uint8Array): Generator<readonly CborValue[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const [length, check] = [view.getUint16(at), view.getUint32(at + 2)];
    const entry = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
    if (entry.length < length || crc32(entry) !== check) return;
    const item = decodeCbor(entry);
    if (!item.ok) return;
    yield itemsOf(item.value);
    at += HEADER_BYTES + length;
  }
}

/**
 * Sessions whose money is not booked yet. A record stays until a receipt of the utility came back, however many phones carry it; when it is full no
 * session begins (`VAULT_FULL`), so none is ever written over.
 */
export class Vault {
  readonly #flash: Flash;
  readonly #capacity: number;
  readonly #records: Map<number, SealedRecord>;

  private constructor(flash: Flash, capacity: number, records: Map<number, SealedRecord>) {
    this.#flash = flash;
    this.#capacity = capacity;
    this.#records = records;
  }

  /** Reads what is kept. What was being written when power went is dropped and written again by whoever did. */
  static async open(flash: Flash, capacity: number): Promise<Vault> {
    const bytes = await flash.load();
    const records = new Map<number, SealedRecord>();
    let used = 0;
    for (const entry of entriesOf(bytes)) {
      used += framed(entry).length;
      const [kind, number, sealed] = entry;
      if (typeof number !== 'number') continue;
      const had = records.get(number);
      if (kind === 'record' && isBytes(sealed)) records.set(number, { number, bytes: sealed, carried: 0 });
      if (kind === 'carried' && had !== undefined) records.set(number, { ...had, carried: had.carried + 1 });
      if (kind === 'booked') records.delete(number);
    }
    const vault = new Vault(flash, capacity, records);
    if (used !== bytes.length) await vault.#rewrite();
    return vault;
  }

  get size(): number {
    return this.#records.size;
  }

  get isFull(): boolean {
    return this.#records.size >= this.#capacity;
  }

  get numbers(): readonly number[] {
    return [...this.#records.keys()];
  }

  /** Undefined when it is booked, or was never here. */
  get(number: number): Uint8Array | undefined {
    return this.#records.get(number)?.bytes;
  }

  has(number: number): boolean {
    return this.#records.has(number);
  }

  /** Those that were carried least often first, then the oldest: a second phone takes what the first may have lost. */
  next(after: readonly number[] = []): SealedRecord | undefined {
    return [...this.#records.values()]
      .filter(({ number }) => !after.includes(number))
      .sort((a, b) => a.carried - b.carried || a.number - b.number)[0];
  }

  /** Keeps a record; the same number again changes nothing. */
  async keep(number: number, bytes: Uint8Array): Promise<void> {
    if (this.has(number)) return;
    await this.#flash.append(framed(['record', number, bytes]));
    this.#records.set(number, { number, bytes, carried: 0 });
  }

  async carried(number: number): Promise<void> {
    const had = this.#records.get(number);
    if (had === undefined) return;
    await this.#flash.append(framed(['carried', number]));
    this.#records.set(number, { ...had, carried: had.carried + 1 });
  }

  /** The utility has booked these: they need not be kept. */
  async booked(numbers: readonly number[]): Promise<void> {
    const known = numbers.filter((number) => this.has(number));
    if (known.length === 0) return;
    for (const number of known) this.#records.delete(number);
    await this.#rewrite();
  }

  async #rewrite(): Promise<void> {
    const entries = [...this.#records.values()].flatMap(({ number, bytes, carried }) => [
      framed(['record', number, bytes]),
      ...Array.from({ length: Math.min(carried, 1) }, () => framed(['carried', number])),
    ]);
    await this.#flash.replace(joined(entries));
  }
}
