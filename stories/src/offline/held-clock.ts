import type { Clock } from '@roamgrid/station-kit';

/** Time that passes when it is told to, and in the order of what waits for it. */
export class HeldClock implements Clock {
  readonly #waiting: { readonly atMs: number; readonly wake: () => void }[] = [];
  #nowMs: number;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const one = { atMs: this.#nowMs + ms, wake: resolve };
      const abort = (): void => {
        const at = this.#waiting.indexOf(one);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(new DOMException('sleep aborted', 'AbortError'));
      };
      if (signal?.aborted === true) {
        abort();
        return;
      }
      this.#waiting.push(one);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** @param settle until everybody who was woken waits again, or is done */
  async pass(ms: number, settle: () => Promise<void>): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const [next] = this.#waiting.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
      this.#nowMs = Math.max(this.#nowMs, next?.atMs ?? untilMs);
      if (next !== undefined) this.#waiting.splice(this.#waiting.indexOf(next), 1);
      next?.wake();
      await settle();
      if (next === undefined) return;
    }
  }
}
