import { hexOf } from '../cbor/bytes.ts';
import type { TokenUse } from '../token/judge.ts';

/** What a charger answers a neighbour that is about to start by a token of their place. */
export interface NearUse extends TokenUse {
  /** It is about to start by it itself. */
  readonly isPending: boolean;
}

/**
 * Neighbours' starts that are remembered. A promise counts as long as its neighbour is silent when the same token is shown here; of so many
 * starts behind it the oldest is forgotten, so that no number of starts bars a place's tokens.
 */
const MOST_PROMISES = 1_024;

/**
 * Who may start by a token that is good at several chargers. Before it starts, a charger tells all neighbours that it hears, and hears what they
 * started by it. Two that ask at the same time hear of each other, or one was told before it asked: at most one of them starts, or none, and the
 * driver taps again.
 */
export class TokenClaims {
  readonly #evseId: string;
  #pending: string | undefined;
  /** Tokens for whose start a neighbour was told that nothing is in the way, by token and neighbour. */
  readonly #promised = new Set<string>();

  constructor(evseId: string) {
    this.#evseId = evseId;
  }

  /** A neighbour is about to start by a token. @param own what was started by it here, that which runs included */
  asked(neighbour: string, tokenId: Uint8Array, own: TokenUse): NearUse {
    const name = hexOf(tokenId);
    const isPending = this.#pending === name;
    // Where both want to, the one whose id is lower does.
    if (!isPending || neighbour < this.#evseId) this.#promise(`${name} ${neighbour}`);
    return { ...own, isPending };
  }

  #promise(promise: string): void {
    // The newest stands last.
    this.#promised.delete(promise);
    this.#promised.add(promise);
    for (const oldest of this.#promised) {
      if (this.#promised.size <= MOST_PROMISES) return;
      this.#promised.delete(oldest);
    }
  }

  /**
   * Asks about a token.
   * @param ask what a neighbour says; undefined from one that is not heard
   * @returns what neighbours took of it; undefined when one of them is about to start by it
   */
  async used(
    tokenId: Uint8Array,
    neighbours: readonly string[],
    ask: (neighbour: string) => Promise<NearUse | undefined>,
  ): Promise<TokenUse | undefined> {
    const name = hexOf(tokenId);
    this.#pending = name;
    try {
      const answers = await Promise.all(
        neighbours.map(async (neighbour) => {
          // What it is promised while it answers is of a start that the answer does not know.
          const isPromised = this.#promised.has(`${name} ${neighbour}`);
          return { neighbour, isPromised, near: await ask(neighbour) };
        }),
      );
      const use = { sessions: 0, energyWh: 0n, costMicros: 0n };
      let isTaken = false;
      for (const { neighbour, isPromised, near } of answers) {
        if (near === undefined) {
          // It was going to start, and nobody hears whether it did.
          isTaken ||= isPromised;
          continue;
        }
        isTaken ||= near.isPending && (isPromised || neighbour < this.#evseId);
        if (!near.isPending && isPromised) this.#promised.delete(`${name} ${neighbour}`);
        use.sessions += near.sessions;
        use.energyWh += near.energyWh;
        use.costMicros += near.costMicros;
      }
      // Whoever asked meanwhile was told that nothing is in its way.
      isTaken ||= neighbours.some((neighbour) => this.#promised.has(`${name} ${neighbour}`));
      return isTaken ? undefined : use;
    } catch (error) {
      this.settled();
      throw error;
    }
  }

  /** The start that was asked for is on record, or is none. */
  settled(): void {
    this.#pending = undefined;
  }
}
