import { hexOf, joined } from '../cbor/bytes.ts';
import type { TokenUse } from '../token/judge.ts';
import { crc32, type Flash } from './flash.ts';

/**
 * What was started by tokens here, kept until they have expired and a while longer. A token that allows one session takes one cell of 16
 * bytes: 8 of its random id, 4 of a value, one of what the value is, 3 of a checksum. One that allows more takes two more, for energy and cost.
 */
const CELL_BYTES = 16;
const [ID_BYTES, VALUE_AT, KIND_AT, CHECK_AT] = [8, 8, 12, 13];
const KIND = { sessions: 0x00, energy: 0x40, cost: 0x80 } as const;
const KIND_MASK = 0xc0;
const COUNT_MASK = 0x3f;
/** Cells have room for so many sessions of one token. */
export const MOST_SESSIONS = COUNT_MASK;
const MICROS_PER_MILLI = 1_000n;
/** Kept so much longer than it could be used: clocks differ. */
const SKEW_S = 86_400;
/** Written anew once so many cells are of no use any more. */
const WASTE = 64;

interface Held {
  readonly expiresS: number;
  readonly sessions: number;
  readonly energyWh: bigint;
  readonly costMilli: bigint;
}

const nameOf = (tokenId: Uint8Array): string => hexOf(tokenId.subarray(0, ID_BYTES));
const idOf = (name: string): Uint8Array =>
  Uint8Array.from(name.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

const cellOf = (name: string, kind: number, value: bigint): Uint8Array => {
  const cell = new Uint8Array(CELL_BYTES);
  const view = new DataView(cell.buffer);
  cell.set(idOf(name));
  view.setUint32(VALUE_AT, Number(value));
  cell[KIND_AT] = kind;
  const check = crc32(cell.subarray(0, CHECK_AT));
  cell.set([check & 0xff, (check >>> 8) & 0xff, (check >>> 16) & 0xff], CHECK_AT);
  return cell;
};

const isWhole = (cell: Uint8Array): boolean => {
  const check = crc32(cell.subarray(0, CHECK_AT));
  return [0, 1, 2].every((at) => cell[CHECK_AT + at] === ((check >>> (8 * at)) & 0xff));
};

const cellsOf = (name: string, { expiresS, sessions, energyWh, costMilli }: Held): readonly Uint8Array[] => [
  cellOf(name, KIND.sessions | sessions, BigInt(expiresS)),
  ...(energyWh > 0n ? [cellOf(name, KIND.energy, energyWh)] : []),
  ...(costMilli > 0n ? [cellOf(name, KIND.cost, costMilli)] : []),
];

export class SpentTokens {
  readonly #flash: Flash;
  readonly #held: Map<string, Held>;
  #cells: number;

  private constructor(flash: Flash, held: Map<string, Held>, cells: number) {
    this.#flash = flash;
    this.#held = held;
    this.#cells = cells;
  }

  /** Reads what is kept; a cell that was being written when power went is dropped, as nothing was started by it. */
  static async open(flash: Flash): Promise<SpentTokens> {
    const bytes = await flash.load();
    const held = new Map<string, Held>();
    const whole = Math.floor(bytes.length / CELL_BYTES);
    let torn = bytes.length % CELL_BYTES !== 0;
    for (let at = 0; at < whole; at += 1) {
      const cell = bytes.subarray(at * CELL_BYTES, (at + 1) * CELL_BYTES);
      if (!isWhole(cell)) {
        torn = true;
        continue;
      }
      const name = nameOf(cell);
      const value = new DataView(cell.buffer, cell.byteOffset).getUint32(VALUE_AT);
      const kind = cell[KIND_AT] ?? 0;
      const had = held.get(name) ?? { expiresS: 0, sessions: 0, energyWh: 0n, costMilli: 0n };
      if ((kind & KIND_MASK) === KIND.energy) held.set(name, { ...had, energyWh: BigInt(value) });
      else if ((kind & KIND_MASK) === KIND.cost) held.set(name, { ...had, costMilli: BigInt(value) });
      else held.set(name, { ...had, expiresS: value, sessions: kind & COUNT_MASK });
    }
    const spent = new SpentTokens(flash, held, whole);
    if (torn) await spent.#rewrite();
    return spent;
  }

  /** Cells in use, of {@link CELL_BYTES} each. */
  get size(): number {
    return [...this.#held].reduce((sum, [name, one]) => sum + cellsOf(name, one).length, 0);
  }

  usedOf(tokenId: Uint8Array): TokenUse {
    const held = this.#held.get(nameOf(tokenId));
    if (held === undefined) return { sessions: 0, energyWh: 0n, costMicros: 0n };
    return {
      sessions: held.sessions,
      energyWh: held.energyWh,
      costMicros: held.costMilli * MICROS_PER_MILLI,
    };
  }

  /** So many sessions were started by it, in all. @throws RangeError for more than {@link MOST_SESSIONS} */
  async started(
    token: { readonly tokenId: Uint8Array; readonly expiresS: number },
    sessions: number,
  ): Promise<void> {
    if (sessions > MOST_SESSIONS) throw new RangeError(`${sessions} sessions of one token`);
    const name = nameOf(token.tokenId);
    const had = this.#held.get(name);
    if (had?.sessions === sessions) return;
    const { energyWh, costMilli } = had ?? { energyWh: 0n, costMilli: 0n };
    await this.#append([cellOf(name, KIND.sessions | sessions, BigInt(token.expiresS))]);
    this.#held.set(name, { expiresS: token.expiresS, sessions, energyWh, costMilli });
  }

  /** So much was taken and paid by it, in all; cost is kept in thousandths of a currency's unit, rounded up. Nothing of a token that is not known. */
  async took(tokenId: Uint8Array, energyWh: bigint, costMicros: bigint): Promise<void> {
    const name = nameOf(tokenId);
    const had = this.#held.get(name);
    const costMilli = (costMicros + MICROS_PER_MILLI - 1n) / MICROS_PER_MILLI;
    if (had === undefined || (had.energyWh === energyWh && had.costMilli === costMilli)) return;
    await this.#append([cellOf(name, KIND.energy, energyWh), cellOf(name, KIND.cost, costMilli)]);
    this.#held.set(name, { ...had, energyWh, costMilli });
  }

  /** Forgets tokens that nobody could use any more. */
  async forget(nowS: number): Promise<void> {
    const gone = [...this.#held].filter(([, { expiresS }]) => nowS > expiresS + SKEW_S);
    for (const [name] of gone) this.#held.delete(name);
    if (this.#cells - this.size >= WASTE) await this.#rewrite();
  }

  async #append(cells: readonly Uint8Array[]): Promise<void> {
    await this.#flash.append(joined(cells));
    this.#cells += cells.length;
  }

  async #rewrite(): Promise<void> {
    const cells = [...this.#held].flatMap(([name, held]) => cellsOf(name, held));
    await this.#flash.replace(joined(cells));
    this.#cells = cells.length;
  }
}
