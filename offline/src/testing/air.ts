import type { After, Bearer } from '../link/link.ts';

/** Time that passes when nobody has anything else to do. */
export class SimulatedTime {
  nowMs = 0;
  readonly #due: { readonly atMs: number; readonly order: number; then: (() => void) | undefined }[] = [];
  #order = 0;

  readonly after: After = (ms, then) => {
    const one: { readonly atMs: number; readonly order: number; then: (() => void) | undefined } = {
      atMs: this.nowMs + ms,
      order: (this.#order += 1),
      then,
    };
    this.#due.push(one);
    return () => {
      one.then = undefined;
    };
  };

  /** Lives on until a task has ended, or nothing is to come. */
  async until<T>(task: Promise<T>): Promise<T> {
    const under: { isWay: boolean } = { isWay: true };
    const over = (): void => {
      under.isWay = false;
    };
    task.then(over, over);
    for (;;) {
      // Whatever is under way in promises goes first; real work of the cryptography may take a while.
      await new Promise((later) => setImmediate(later));
      if (!under.isWay) return task;
      this.#due.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      const next = this.#due.shift();
      if (next === undefined) continue;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.then?.();
    }
  }
}

export interface AirOptions {
  readonly time: SimulatedTime;
  readonly frameBytes: number;
  /** A number from 0 to below 1. */
  readonly chance: () => number;
  /** Parts of frames that are lost, and that come twice. */
  readonly loss?: number;
  readonly doubled?: number;
  /** A frame takes from `leastMs` to so much longer: one may pass another. */
  readonly leastMs?: number;
  readonly spreadMs?: number;
  /** The contact ends when so many bytes were sent, in the middle of a frame. */
  readonly cutAfterBytes?: number;
}

/** A short way through the air between two, as bad as it is told to be. What was sent is kept. */
export class Air {
  readonly sent: Uint8Array[] = [];
  readonly #options: AirOptions;
  readonly #ends: { take?: (frame: Uint8Array) => void; cut?: () => void }[] = [{}, {}];
  #bytes = 0;
  #isCut = false;

  constructor(options: AirOptions) {
    this.#options = options;
  }

  /** One of the two sides. */
  side(which: 0 | 1): Bearer {
    const [here, there] = [this.#ends[which], this.#ends[1 - which]];
    return {
      frameBytes: this.#options.frameBytes,
      send: (frame) => {
        this.#carry(frame, there);
      },
      onFrame: (take) => {
        if (here !== undefined) here.take = take;
      },
      onCut: (cut) => {
        if (here !== undefined) here.cut = cut;
      },
    };
  }

  /** Phone and charger are apart. */
  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    for (const end of this.#ends) end.cut?.();
  }

  #carry(frame: Uint8Array, there: { take?: (frame: Uint8Array) => void } | undefined): void {
    const {
      time,
      chance,
      loss = 0,
      doubled = 0,
      leastMs = 1,
      spreadMs = 0,
      frameBytes,
      cutAfterBytes = Infinity,
    } = this.#options;
    if (this.#isCut) return;
    if (frame.length > frameBytes)
      throw new RangeError(`a frame of ${frame.length} bytes, the bearer carries ${frameBytes}`);
    this.sent.push(frame);
    this.#bytes += frame.length;
    if (this.#bytes > cutAfterBytes) {
      this.cut();
      return;
    }
    const times = chance() < loss ? 0 : chance() < doubled ? 2 : 1;
    for (let one = 0; one < times; one += 1)
      time.after(leastMs + chance() * spreadMs, () => {
        if (!this.#isCut) there?.take?.(frame);
      });
  }
}
