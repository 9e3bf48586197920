import type { AdapterClock } from '../adapter-clock.ts';

interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}

/** A clock that a test moves; who sleeps is woken when its time has come, and has done its work before the next is. */
export class ManualClock implements AdapterClock {
  readonly #sleepers = new Set<Sleeper>();
  #nowMs: number;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const sleeper = { untilMs: this.#nowMs + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper);
        reject(new DOMException('sleep aborted', 'AbortError'));
      });
    });
  }

  /** How many sleep now: who was woken and has done its work sleeps again. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Time passes at once. */
  moveTo(atMs: number): void {
    this.#nowMs = atMs;
    for (const sleeper of [...this.#sleepers]) {
      if (sleeper.untilMs > atMs) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}
