import { joined } from '../cbor/bytes.ts';
import { ackOf, framesOf, MESSAGES, mostBytes, readFrame, type Frame } from './frames.ts';

/** The contact ended before everything was said. */
export class LinkLost extends Error {
  override readonly name = 'LinkLost';
}

/** Carries frames: perhaps not at all, twice, or later than the one after it. */
export interface Bearer {
  readonly frameBytes: number;
  send(frame: Uint8Array): void;
  /** Called once, before anything is sent. */
  onFrame(take: (frame: Uint8Array) => void): void;
  /** Called once; frames come no more after it. */
  onCut(end: () => void): void;
  /** The contact has ended: a bearer that can lets go of the other side. */
  end?(): void;
}

/** Calls back after so long unless it is cancelled. */
export type After = (ms: number, then: () => void) => () => void;

export interface LinkPace {
  /** Without an answer a frame is sent again after so long. */
  readonly againMs: number;
  /** So often; then the contact is taken for lost. */
  readonly tries: number;
}

/** What one side says in a contact is bounded: nobody fills a charger's memory. */
const MOST_UNREAD = 4;

interface Sending {
  readonly frames: readonly Uint8Array[];
  readonly message: number;
  place: number;
  tries: number;
  cancel: () => void;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

/**
 * Whole messages, each once and in order, over a bearer that loses, doubles and reorders frames. One frame is under way at a time and is sent
 * again until it is answered. A link serves one contact.
 */
export class Link {
  readonly #bearer: Bearer;
  readonly #after: After;
  readonly #pace: LinkPace;
  readonly #unread: Uint8Array[] = [];
  readonly #waiting: { take(message: Uint8Array): void; fail(error: Error): void }[] = [];
  #sent = 0;
  #sending: Sending | undefined;
  #taken = 0;
  #parts: Uint8Array[] = [];
  #isLost = false;

  constructor(bearer: Bearer, after: After, pace: LinkPace) {
    this.#bearer = bearer;
    this.#after = after;
    this.#pace = pace;
    bearer.onFrame((bytes) => {
      const frame = this.#isLost ? undefined : readFrame(bytes);
      if (frame?.kind === 'ack') this.#onAck(frame);
      else if (frame !== undefined) this.#onData(frame);
    });
    bearer.onCut(() => {
      this.close();
    });
  }

  /** Longest message that it carries. */
  get mostBytes(): number {
    return mostBytes(this.#bearer.frameBytes);
  }

  /**
   * Fulfilled when the other side has all of it.
   * @throws LinkLost when the contact ended before; RangeError for a message too long, or one while another is under way
   */
  send(message: Uint8Array): Promise<void> {
    if (this.#isLost) return Promise.reject(new LinkLost('the contact has ended'));
    if (this.#sending !== undefined) return Promise.reject(new RangeError('another message is under way'));
    const number = this.#sent % MESSAGES;
    const frames = framesOf(message, number, this.#bearer.frameBytes);
    this.#sent += 1;
    return new Promise((done, failed) => {
      this.#sending = { frames, message: number, place: 0, tries: 0, cancel: () => undefined, done, failed };
      this.#sendFrame(this.#sending);
    });
  }

  /** The next message. @throws LinkLost when the contact ends before it came whole */
  receive(): Promise<Uint8Array> {
    const unread = this.#unread.shift();
    if (unread !== undefined) return Promise.resolve(unread);
    if (this.#isLost) return Promise.reject(new LinkLost('the contact has ended'));
    return new Promise((take, fail) => {
      this.#waiting.push({ take, fail });
    });
  }

  /** Ends the contact: whoever waits is told. */
  close(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    const lost = new LinkLost('the contact ended before everything was said');
    this.#sending?.cancel();
    this.#sending?.failed(lost);
    this.#sending = undefined;
    for (const { fail } of this.#waiting.splice(0)) fail(lost);
    this.#bearer.end?.();
  }

  #sendFrame(sending: Sending): void {
    const frame = sending.frames[sending.place];
    if (frame === undefined || sending.tries >= this.#pace.tries) {
      this.close();
      return;
    }
    sending.tries += 1;
    sending.cancel = this.#after(this.#pace.againMs, () => {
      this.#sendFrame(sending);
    });
    this.#bearer.send(frame);
  }

  #onAck({ message, place }: Frame): void {
    const sending = this.#sending;
    if (sending?.message !== message || sending.place !== place) return; // a late one, or one of a frame sent twice
    sending.cancel();
    sending.place += 1;
    sending.tries = 0;
    if (sending.place < sending.frames.length) {
      this.#sendFrame(sending);
      return;
    }
    this.#sending = undefined;
    sending.done();
  }

  #onData(frame: Frame): void {
    const isOfNow = frame.message === this.#taken % MESSAGES;
    if (isOfNow && frame.place === this.#parts.length) {
      if (frame.isLast && this.#unread.length >= MOST_UNREAD) return; // it is sent again until there is room
      this.#parts.push(frame.part);
      if (frame.isLast) this.#onWhole();
    } else if (isOfNow && frame.place > this.#parts.length) return; // one before it is missing
    // One that was taken before is sent again because its answer was lost.
    this.#bearer.send(ackOf(frame));
  }

  #onWhole(): void {
    const whole = joined(this.#parts);
    this.#parts = [];
    this.#taken += 1;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#unread.push(whole);
    else waiting.take(whole);
  }
}
