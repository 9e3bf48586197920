import type { Clock } from './clock.ts';

/**
 * A station's own clock, corrected by what its gateway says the time is. An answer that is dated `t` was dated somewhere
 * between question and answer, so that the offset lies in an interval: while the present one does, nothing is corrected, and
 * a clock that is right stays untouched however slow the network is.
 */
export class StationClock implements Clock {
  readonly #own: Clock;
  #offsetMs = 0;

  constructor(own: Clock) {
    this.#own = own;
  }

  /** What is added to the own clock. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  nowMs(): number {
    return this.#own.nowMs() + this.#offsetMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#own.sleep(ms, signal);
  }

  /** Reads the own clock, for `observe`. */
  ownMs(): number {
    return this.#own.nowMs();
  }

  /** The gateway was asked and answered at these readings of the own clock, and dated its answer. */
  observe(datedMs: number, askedMs: number, answeredMs: number): void {
    const least = datedMs - answeredMs;
    const most = datedMs - askedMs;
    if (least <= this.#offsetMs && this.#offsetMs <= most) return;
    this.#offsetMs = Math.round((least + most) / 2);
  }
}
