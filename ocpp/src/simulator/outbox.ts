import type { Line } from './line.ts';
import type { Message } from './words.ts';

/** A message whose text may depend on what was answered to one before it. */
export interface Waiting {
  readonly message: () => Message;
  readonly answered?: (answer: unknown) => void;
}

/** What a station tells about transactions: kept while the line is down, and told in order when it is up. */
export class Outbox {
  readonly #line: Line;
  readonly #waiting: Waiting[] = [];
  #sent: Message[] = [];
  #isHeld = false;
  #flushing: Promise<void> = Promise.resolve();

  constructor(line: Line) {
    this.#line = line;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** What was sent, oldest first: for tests that send it again, or in another order. */
  get sent(): readonly Message[] {
    return this.#sent;
  }

  /** Keeps everything back, as when a station’s own software is slow. */
  hold(): void {
    this.#isHeld = true;
  }

  async release(): Promise<void> {
    this.#isHeld = false;
    await this.flush();
  }

  async tell(one: Waiting): Promise<void> {
    this.#waiting.push(one);
    await this.flush();
  }

  /**
   * Tells what waits; what fails stays, and is told again.
   * @throws what the other side says against a message, or that it says nothing.
   */
  flush(): Promise<void> {
    const flushing = this.#flushing.then(() => this.#flush());
    this.#flushing = flushing.catch(() => undefined);
    return flushing;
  }

  async #flush(): Promise<void> {
    while (!this.#isHeld && this.#line.isUp()) {
      const [next] = this.#waiting;
      if (next === undefined) return;
      const message = next.message();
      try {
        const answer = await this.#line.send(message);
        next.answered?.(answer);
      } catch (thrown) {
        if (!this.#line.isUp()) return;
        throw thrown;
      }
      this.#sent = [...this.#sent, message].slice(-100);
      this.#waiting.shift();
    }
  }
}
