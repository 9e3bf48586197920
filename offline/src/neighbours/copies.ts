import { Vault, type SealedRecord } from '../charger/vault.ts';
import type { Flash } from '../charger/flash.ts';

/** A copy that is longer is not taken: a record with its evidence has about a kilobyte. */
const MOST_BYTES = 8_192;

export interface CopiesOptions {
  /** Neighbours by their outlets, as whoever set the charger up says. */
  readonly neighbours: readonly string[];
  /** Where copies of one neighbour are kept. */
  flashOf(evseId: string): Flash;
  /** Copies of one neighbour. */
  readonly capacity: number;
}

/**
 * Copies of neighbours' records, so that a phone that comes here takes them along. Each is its charger's until a receipt came: a copy that finds no room is not
 * taken, and none ever takes the room of an own record or of another neighbour's.
 */
export class Copies {
  readonly #vaults: ReadonlyMap<string, Vault>;

  private constructor(vaults: ReadonlyMap<string, Vault>) {
    this.#vaults = vaults;
  }

  static async open({ neighbours, flashOf, capacity }: CopiesOptions): Promise<Copies> {
    const opened = await Promise.all(
      neighbours.map(async (evseId) => [evseId, await Vault.open(flashOf(evseId), capacity)] as const),
    );
    return new Copies(new Map(opened));
  }

  numbersOf(evseId: string): readonly number[] {
    return this.#vaults.get(evseId)?.numbers ?? [];
  }

  roomFor(evseId: string): boolean {
    return this.#vaults.get(evseId)?.isFull === false;
  }

  /** @returns whether it is kept now */
  async keep(evseId: string, number: number, bytes: Uint8Array): Promise<boolean> {
    const vault = this.#vaults.get(evseId);
    if (vault === undefined || bytes.length > MOST_BYTES || (vault.isFull && !vault.has(number)))
      return false;
    await vault.keep(number, bytes);
    return true;
  }

  /** One that was not handed over in this contact. @param shown by {@link shownAs} */
  next(shown: readonly string[]): (SealedRecord & { readonly evseId: string }) | undefined {
    for (const [evseId, vault] of this.#vaults) {
      const seen = vault.numbers.filter((number) => shown.includes(shownAs(evseId, number)));
      const record = vault.next(seen);
      if (record !== undefined) return { ...record, evseId };
    }
    return undefined;
  }

  async carried(evseId: string, number: number): Promise<void> {
    await this.#vaults.get(evseId)?.carried(number);
  }

  async booked(evseId: string, numbers: readonly number[]): Promise<void> {
    await this.#vaults.get(evseId)?.booked(numbers);
  }
}

export const shownAs = (evseId: string, number: number): string => `${evseId} ${number}`;
