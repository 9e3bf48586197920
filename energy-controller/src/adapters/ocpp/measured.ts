import type { OcppTransaction } from '@roamgrid/wire';

/** One milliwatt-hour in milliwatt-milliseconds is 3,600,000 mW·ms: 3,600 W·ms. */
const W_MS = 3_600n;

interface Seen {
  readonly milliWh: bigint;
  readonly registerAtMs: number;
  /** When it was first seen here, by our clock: the door's may be another. */
  readonly seenAtMs: number;
  /** Over the time between this reading and the one before it; undefined before there are two. */
  readonly watts: bigint | undefined;
}

/** What flows, by what the registers of transactions moved by: a station of OCPP has to tell no power. */
export class Measured {
  readonly #silentAfterMs: number;
  #seen: ReadonlyMap<string, Seen> = new Map();

  constructor(silentAfterMs: number) {
    this.#silentAfterMs = silentAfterMs;
  }

  /** Watts of all of them, up; undefined while nobody knows: before the second reading of one, and when one is silent for too long. */
  of(transactions: readonly OcppTransaction[], nowMs: number): bigint | undefined {
    this.#seen = new Map(
      transactions.flatMap((transaction) => {
        const seen = this.#next(transaction, nowMs);
        return seen === undefined ? [] : [[transaction.transactionId, seen] as const];
      }),
    );
    let sum = 0n;
    for (const { transactionId } of transactions) {
      const seen = this.#seen.get(transactionId);
      if (seen?.watts === undefined || nowMs - seen.seenAtMs > this.#silentAfterMs) return undefined;
      sum += seen.watts;
    }
    return sum;
  }

  #next({ transactionId, milliWh, registerAtMs }: OcppTransaction, nowMs: number): Seen | undefined {
    if (registerAtMs === null) return undefined;
    const before = this.#seen.get(transactionId);
    if (before === undefined) return { milliWh, registerAtMs, seenAtMs: nowMs, watts: undefined };
    const passedMs = BigInt(registerAtMs - before.registerAtMs);
    if (passedMs <= 0n) return before;
    const gain = milliWh - before.milliWh;
    // Up: what is measured is never less than what flowed.
    const watts = gain <= 0n ? 0n : (gain * W_MS + passedMs - 1n) / passedMs;
    return { milliWh, registerAtMs, seenAtMs: nowMs, watts };
  }
}
