import type { CborValue } from '../cbor/cbor.ts';
import { LinkLost, type After, type Link } from '../link/link.ts';
import { callNeighbour, type MeetingSide, type MetNeighbour } from './meeting.ts';

export interface LineOptions {
  readonly side: MeetingSide;
  readonly evseId: string;
  /** A new way to the neighbour. @throws when it is not there */
  readonly dial: () => Promise<Link>;
  readonly after: After;
  /** Who says nothing for so long is not heard. */
  readonly patienceMs: number;
}

/** One's own way to a neighbour: one thing is said at a time, and it is called again once it was lost. */
export class NeighbourLine {
  readonly #options: LineOptions;
  #met: { readonly link: Link; readonly channel: MetNeighbour['channel'] } | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  /** Receipts that it has heard since it was met. */
  told = new Set<string>();

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** @throws LinkLost, or the reason why the two do not meet; whether it heard is not known then */
  readonly ask = (what: CborValue): Promise<CborValue> => {
    const done = this.#turn.then(() => this.#ask(what));
    this.#turn = done.catch(() => undefined);
    return done;
  };

  close(): void {
    this.#met?.link.close();
    this.#met = undefined;
  }

  async #ask(what: CborValue): Promise<CborValue> {
    const { after, patienceMs, dial } = this.#options;
    const link = this.#met?.link ?? (await dial());
    const cancel = after(patienceMs, () => {
      link.close();
    });
    try {
      const { channel } = (this.#met ??= { link, channel: await this.#call(link) });
      await link.send(await channel.seal(what));
      const answer = await channel.open(await link.receive());
      if (answer.ok) return answer.value;
      throw new LinkLost(answer.error.message);
    } catch (error) {
      link.close();
      this.#met = undefined;
      throw error;
    } finally {
      cancel();
    }
  }

  async #call(link: Link): Promise<MetNeighbour['channel']> {
    const met = await callNeighbour(this.#options.side, link, this.#options.evseId);
    if (!met.ok) throw new Error(`${met.error.code}: ${met.error.message}`);
    this.told = new Set();
    return met.value.channel;
  }
}
