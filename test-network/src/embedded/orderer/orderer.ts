/** Takes transactions in, orders them, cuts blocks by count, bytes and time, and hands them over one after another. */
import type { BatchConfig } from '../config.ts';
import { BlockCutter } from './block-cutter.ts';
import type { Sized } from './block-cutter.ts';

export class Orderer<T extends Sized> {
  readonly #cutter: BlockCutter<T>;
  readonly #timeoutMs: number;
  readonly #deliver: (batch: readonly T[]) => Promise<void>;
  readonly #onFailure: (error: unknown) => void;
  readonly #queue: T[][] = [];
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #failed = false;

  /** `deliver` commits a block; when it fails the orderer stops for good and says so through `onFailure`. */
  constructor(
    config: BatchConfig,
    deliver: (batch: readonly T[]) => Promise<void>,
    onFailure: (error: unknown) => void,
  ) {
    this.#cutter = new BlockCutter(config);
    this.#timeoutMs = config.timeoutMs;
    this.#deliver = deliver;
    this.#onFailure = onFailure;
  }

  /** False when no more transactions are taken. */
  get accepting(): boolean {
    return !this.#failed;
  }

  order(message: T): void {
    const batches = this.#cutter.add(message);
    if (batches.length > 0) this.#stopTimer();
    for (const batch of batches) this.#queue.push(batch);
    if (this.#cutter.pending > 0)
      this.#timer ??= setTimeout(() => {
        this.#timeout();
      }, this.#timeoutMs);
    this.#work();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #timeout(): void {
    this.#timer = undefined;
    if (this.#cutter.pending > 0) this.#queue.push(this.#cutter.cut());
    this.#work();
  }

  #work(): void {
    if (this.#working !== undefined || this.#failed || this.#queue.length === 0) return;
    this.#working = this.#drain().finally(() => {
      this.#working = undefined;
      // What was queued between the last look and now has nobody else to start it.
      this.#work();
    });
  }

  async #drain(): Promise<void> {
    try {
      for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift()) {
        await this.#deliver(batch);
      }
    } catch (error) {
      this.#failed = true;
      this.#onFailure(error);
    }
  }

  /** Cuts what is pending without waiting for more. */
  flush(): void {
    this.#stopTimer();
    if (this.#cutter.pending > 0) this.#queue.push(this.#cutter.cut());
    this.#work();
  }

  /** Cuts what is pending and resolves when everything taken in is committed. */
  async stop(): Promise<void> {
    this.flush();
    while (this.#working !== undefined) await this.#working;
  }
}
