import type { Flash } from '../charger/flash.ts';
import type { ContactDesk } from '../charger/contact-desk.ts';
import { LinkLost, type After, type Link } from '../link/link.ts';
import type { TokenUse } from '../token/judge.ts';
import { Copies } from './copies.ts';
import { NeighbourLine } from './line.ts';
import { answerNeighbour, type MeetingSide } from './meeting.ts';
import { Neighbours, type SharedPort } from './neighbours.ts';

/** The local network of a utility's chargers, as one of them sees it. */
export interface NeighbourNet {
  /** Neighbours by their outlets, as whoever set the charger up says. */
  readonly evseIds: readonly string[];
  /** A new way to one. @throws when it is not there */
  dial(evseId: string): Promise<Link>;
  /** Where copies of one neighbour's records are kept. */
  flashOf(evseId: string): Flash;
  readonly after: After;
  /** There is something to tell them. */
  changed(): void;
  /** Copies of each neighbour's records; 100 when absent. */
  readonly capacity?: number;
  /** Who says nothing for so long is not heard; half a second when absent. */
  readonly patienceMs?: number;
}

const CAPACITY = 100;
const PATIENCE_MS = 500;

/** A charger among its neighbours. */
export class Neighbourhood {
  readonly #neighbours: Neighbours;
  readonly #side: MeetingSide;
  readonly #lines: ReadonlyMap<string, NeighbourLine>;
  readonly #inTurn: <T>(task: () => Promise<T>) => Promise<T>;
  readonly copies: Copies;

  private constructor(
    { evseIds, dial, after, patienceMs = PATIENCE_MS }: NeighbourNet,
    side: MeetingSide,
    port: SharedPort,
    copies: Copies,
    inTurn: <T>(task: () => Promise<T>) => Promise<T>,
  ) {
    this.#side = side;
    this.#inTurn = inTurn;
    this.copies = copies;
    this.#neighbours = new Neighbours(port, copies);
    const lineTo = (evseId: string) =>
      new NeighbourLine({ side, evseId, after, patienceMs, dial: () => dial(evseId) });
    this.#lines = new Map(evseIds.map((evseId) => [evseId, lineTo(evseId)] as const));
  }

  static async open(
    net: NeighbourNet,
    side: MeetingSide,
    port: SharedPort,
    inTurn: <T>(task: () => Promise<T>) => Promise<T>,
  ): Promise<Neighbourhood> {
    const { evseIds, capacity = CAPACITY } = net;
    const flashOf = (evseId: string) => net.flashOf(evseId);
    const copies = await Copies.open({ neighbours: evseIds, flashOf, capacity });
    return new Neighbourhood(net, side, port, copies, inTurn);
  }

  has(evseId: string): boolean {
    return this.#lines.has(evseId);
  }

  /** Answers a neighbour that calls, until it goes away. */
  async serve(link: Link): Promise<void> {
    try {
      const met = await answerNeighbour(this.#side, link, (evseId) => this.has(evseId));
      if (!met.ok) return;
      const { evseId, channel } = met.value;
      const answerOf: ReturnType<ContactDesk['talk']> = (asked) =>
        // Two that are about to start by one token wait for each other, and neither waits for its own turn.
        Array.isArray(asked) && asked[0] === 'use'
          ? this.#neighbours.answer(evseId, asked)
          : this.#inTurn(() => this.#neighbours.answer(evseId, asked));
      for (;;) {
        const asked = await channel.open(await link.receive());
        const said = asked.ok ? await answerOf(asked.value) : undefined;
        if (said === undefined) return;
        await link.send(await channel.seal(said));
      }
    } catch (error) {
      if (!(error instanceof LinkLost)) throw error;
    } finally {
      link.close();
    }
  }

  /** Tells all neighbours what they lack. @returns those that were heard, and told all */
  async tell(): Promise<readonly string[]> {
    const told = await Promise.all(
      [...this.#lines].map(async ([evseId, line]) => {
        try {
          await this.#neighbours.tell(line.ask, () => line.told);
          return [evseId];
        } catch {
          return [];
        }
      }),
    );
    return told.flat();
  }

  /** What neighbours that are heard took of a token of the place; undefined when one is about to start by it. */
  usedNear(tokenId: Uint8Array): Promise<TokenUse | undefined> {
    const asks = [...this.#lines].map(([evseId, { ask }]) => [evseId, ask] as const);
    return this.#neighbours.usedNear(tokenId, new Map(asks));
  }

  settled(): void {
    this.#neighbours.settled();
  }

  /** A receipt that a phone brought is told on. */
  heard(receipt: Uint8Array): void {
    this.#neighbours.hold(receipt);
  }

  close(): void {
    for (const line of this.#lines.values()) line.close();
  }
}
