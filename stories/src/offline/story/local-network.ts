import type { ChargerOrder } from '../charger-order.ts';
import type { ChargerProcess } from '../charger-process.ts';

/** What is new is told at once. */
const EVERY_MS = 1_000;

/**
 * The local network of a row of chargers: each has the port that its process was given, and hears where the others answer, also when power comes
 * back to one of them.
 */
export class LocalNetwork {
  readonly #evseIds: readonly string[];
  readonly #members = new Map<string, ChargerProcess>();

  constructor(evseIds: readonly string[]) {
    this.#evseIds = evseIds;
  }

  /** What a charger of it is set up with. */
  around(evseId: string): NonNullable<ChargerOrder['neighbours']> {
    return { evseIds: this.#evseIds.filter((other) => other !== evseId), everyMs: EVERY_MS };
  }

  /** A charger that runs has the others found, and is found by them. */
  async join(evseId: string, charger: ChargerProcess): Promise<void> {
    const { nearUrl: url } = charger;
    if (url === undefined) throw new Error(`${evseId} has no local network`);
    this.leave(evseId);
    const others = [...this.#members];
    this.#members.set(evseId, charger);
    await Promise.all(
      others.flatMap(([other, member]) => [
        member.act({ found: { evseId, url } }),
        charger.act({ found: { evseId: other, url: member.nearUrl ?? '' } }),
      ]),
    );
  }

  /** It has no power. */
  leave(evseId: string): void {
    this.#members.delete(evseId);
  }
}
