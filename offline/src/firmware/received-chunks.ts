import { isSame, joined } from '../cbor/bytes.ts';
import { crc32, type Flash } from '../charger/flash.ts';

/** Which chunks of a release are in the slot: a cell of 12 bytes each, 4 of the release's root, 4 of the place, 4 of a checksum. */
const CELL_BYTES = 12;
const TAG_BYTES = 4;
const CHECK_AT = 8;

const cellOf = (tag: Uint8Array, index: number): Uint8Array => {
  const cell = new Uint8Array(CELL_BYTES);
  const view = new DataView(cell.buffer);
  cell.set(tag);
  view.setUint32(TAG_BYTES, index);
  view.setUint32(CHECK_AT, crc32(cell.subarray(0, CHECK_AT)));
  return cell;
};

/** A run of chunks that are not there. */
export interface Gap {
  readonly from: number;
  readonly count: number;
}

export class ReceivedChunks {
  readonly #flash: Flash;
  readonly #tag: Uint8Array;
  readonly #count: number;
  readonly #have: Set<number>;

  private constructor(flash: Flash, tag: Uint8Array, count: number, have: Set<number>) {
    this.#flash = flash;
    this.#tag = tag;
    this.#count = count;
    this.#have = have;
  }

  /** Reads what is there of a release with this root; what was of another, or torn, is dropped. */
  static async open(flash: Flash, root: Uint8Array, count: number): Promise<ReceivedChunks> {
    const [bytes, tag] = [await flash.load(), root.subarray(0, TAG_BYTES)];
    const have = new Set<number>();
    for (let at = 0; at + CELL_BYTES <= bytes.length; at += CELL_BYTES) {
      const cell = bytes.subarray(at, at + CELL_BYTES);
      const index = new DataView(cell.buffer, cell.byteOffset).getUint32(TAG_BYTES);
      if (isSame(cell, cellOf(tag, index)) && index < count) have.add(index);
    }
    if (have.size * CELL_BYTES !== bytes.length)
      await flash.replace(joined([...have].map((index) => cellOf(tag, index))));
    return new ReceivedChunks(flash, tag, count, have);
  }

  has(index: number): boolean {
    return this.#have.has(index);
  }

  get isWhole(): boolean {
    return this.#have.size === this.#count;
  }

  /** Noted once its bytes are in the slot. */
  async note(index: number): Promise<void> {
    await this.#flash.append(cellOf(this.#tag, index));
    this.#have.add(index);
  }

  /** What is missing, from the front, at most so many runs. */
  gaps(most: number): readonly Gap[] {
    const gaps: { from: number; count: number }[] = [];
    for (let index = 0; index < this.#count; index += 1) {
      if (this.#have.has(index)) continue;
      const last = gaps.at(-1);
      if (last !== undefined && last.from + last.count === index) last.count += 1;
      else if (gaps.length === most) break;
      else gaps.push({ from: index, count: 1 });
    }
    return gaps;
  }
}
