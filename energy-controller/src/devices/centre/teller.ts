import { setTimeout as sleep } from 'node:timers/promises';
import { call } from '@roamgrid/service-kit';
import type { DeviceNotice } from '@roamgrid/wire';
import type { AnyDriver } from '../driver.ts';

/** The way to the control centre. */
export interface Centre {
  /** Resolves when it has the notice for good. @throws Error when it cannot be reached or does not take it */
  tell(notice: DeviceNotice): Promise<void>;
}

const TELL_MS = 5_000;

/** A control centre that is served over HTTP. */
export const servedCentre = (url: string, token: string): Centre => ({
  tell: async (notice) => {
    const told = await call({
      method: 'PUT',
      url: `${url}/notices/${encodeURIComponent(notice.key)}`,
      headers: { authorization: `Bearer ${token}` },
      body: notice,
      timeoutMs: TELL_MS,
    });
    if (!told.ok) {
      const { failure } = told;
      const why = failure.kind === 'problem' ? failure.problem.code : failure.kind;
      throw new Error(`CENTRE_UNTOLD: the control centre did not take ${notice.key}: ${why}`);
    }
  },
});

export interface TellerPace {
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

const DEFAULT_PACE: TellerPace = { firstDelayMs: 500, longestDelayMs: 60_000 };

/**
 * Brings the notices of all devices to the control centre for as long as it takes. What it took and nobody heard of is told again
 * under the same key, and is one there.
 */
export class Teller {
  readonly #centre: Centre;
  readonly #pace: TellerPace;
  readonly #closed = new AbortController();
  readonly #onFault: (fault: unknown) => void;
  #wake = new AbortController();
  #isRunning = false;

  constructor(
    centre: Centre,
    pace: TellerPace = DEFAULT_PACE,
    onFault: (fault: unknown) => void = () => undefined,
  ) {
    this.#centre = centre;
    this.#pace = pace;
    this.#onFault = onFault;
  }

  /** One attempt at all that waits. @returns whether nothing waits any more */
  async flush(drivers: readonly AnyDriver[]): Promise<boolean> {
    let isAllTold = true;
    for (const driver of drivers) {
      for (const notice of driver.outbox) {
        try {
          await this.#centre.tell(notice);
          await driver.told(notice.key);
        } catch (thrown) {
          // Those behind it do not wait for one that is not taken.
          this.#onFault(thrown);
          isAllTold = false;
        }
      }
    }
    return isAllTold;
  }

  /** Tells in the background until nothing waits. */
  start(drivers: readonly AnyDriver[]): void {
    this.#wake.abort();
    if (!this.#isRunning) void this.#run(drivers);
  }

  close(): void {
    this.#closed.abort();
  }

  async #run(drivers: readonly AnyDriver[]): Promise<void> {
    this.#isRunning = true;
    let delayMs = this.#pace.firstDelayMs;
    while (!this.#closed.signal.aborted) {
      this.#wake = new AbortController();
      const isOver = (await this.flush(drivers)) && drivers.every(({ outbox }) => outbox.length === 0);
      if (isOver) break;
      const signal = AbortSignal.any([this.#wake.signal, this.#closed.signal]);
      await sleep(delayMs, undefined, { signal, ref: false }).catch(() => undefined);
      delayMs = signal.aborted ? this.#pace.firstDelayMs : Math.min(delayMs * 2, this.#pace.longestDelayMs);
    }
    this.#isRunning = false;
  }
}
