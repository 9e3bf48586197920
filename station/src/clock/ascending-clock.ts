import type { Clock } from '@roamgrid/station-kit';

/**
 * A clock that never runs back, whatever the one below it does: time at an outlet is billed once. Where that one is behind,
 * it goes on at half its pace until that one has caught up, so that no session lasts no time.
 */
export class AscendingClock implements Clock {
  readonly #below: Clock;
  #lastMs: number;
  /** What the clock below said last. */
  #saidMs = Infinity;

  /** @param fromMs an instant that is over already, as of a session before a restart */
  constructor(below: Clock, fromMs: number) {
    this.#below = below;
    this.#lastMs = fromMs;
  }

  nowMs(): number {
    const saidMs = this.#below.nowMs();
    const passedMs = Math.max(0, saidMs - this.#saidMs);
    this.#saidMs = saidMs;
    this.#lastMs = Math.max(this.#lastMs + passedMs / 2, saidMs);
    return Math.floor(this.#lastMs);
  }

  /** Something happened at this instant: what comes is later. */
  reach(atMs: number): void {
    this.#lastMs = Math.max(this.#lastMs, atMs);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#below.sleep(ms, signal);
  }
}
