import { seededChance } from '@roamgrid/domain/chance';
import fc from 'fast-check';

/** Chance that begins at a seed: the same draws in the same order give the same. */
export class Dice {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = seededChance(seed);
  }

  /** 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.#next() * count);
  }

  percent(chance: number): boolean {
    return this.below(100) < chance;
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.below(from.length)] ?? from[0];
  }

  /** One of a list that may be empty. */
  pickAny<T>(from: readonly T[]): T | undefined {
    return from[this.below(from.length)];
  }

  /** A value of a generator. */
  draw<T>(arbitrary: fc.Arbitrary<T>): T {
    const [value] = fc.sample(arbitrary, { seed: this.below(2 ** 32) | 0, numRuns: 1 });
    // `fc.sample` gives as many values as it is asked for.
    return value as T;
  }

  bytes(most: number): Buffer {
    return Buffer.from(Array.from({ length: this.below(most + 1) }, () => this.below(256)));
  }

  /** Bytes with some of them changed, left out or doubled. */
  damaged(bytes: Buffer): Buffer {
    let damaged = Buffer.from(bytes);
    for (let round = this.below(4); round >= 0; round -= 1) {
      const at = this.below(damaged.length + 1);
      const parts: readonly [() => Buffer, ...(() => Buffer)[]] = [
        () => damaged.subarray(0, at),
        () => Buffer.concat([damaged.subarray(0, at), this.bytes(8), damaged.subarray(at)]),
        () => Buffer.concat([damaged.subarray(0, at), damaged.subarray(at + 1 + this.below(8))]),
        () => {
          const changed = Buffer.from(damaged);
          if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ (1 << this.below(8));
          return changed;
        },
      ];
      damaged = Buffer.from(this.pick(parts)());
    }
    return damaged;
  }
}
