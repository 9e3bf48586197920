/** Decides which transactions make a block. Spec: Fabric `orderer/common/blockcutter`. */
import type { BatchConfig } from '../config.ts';

export interface Sized {
  readonly bytes: number;
}

export class BlockCutter<T extends Sized> {
  readonly #config: BatchConfig;
  #pending: T[] = [];
  #pendingBytes = 0;

  constructor(config: BatchConfig) {
    this.#config = config;
  }

  get pending(): number {
    return this.#pending.length;
  }

  /** Takes a message in and returns the batches, none, one or two, that are full by it. */
  add(message: T): T[][] {
    const { preferredMaxBytes, maxMessageCount } = this.#config;
    const batches: T[][] = [];
    if (message.bytes > preferredMaxBytes) {
      if (this.#pending.length > 0) batches.push(this.cut());
      batches.push([message]);
      return batches;
    }
    if (this.#pending.length > 0 && this.#pendingBytes + message.bytes > preferredMaxBytes)
      batches.push(this.cut());
    this.#pending.push(message);
    this.#pendingBytes += message.bytes;
    if (this.#pending.length >= maxMessageCount) batches.push(this.cut());
    return batches;
  }

  /** What is pending, which may be nothing. */
  cut(): T[] {
    const batch = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    return batch;
  }
}
