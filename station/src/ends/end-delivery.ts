import { setTimeout as sleep } from 'node:timers/promises';
import type { BillSummary, PendingEnd } from '@roamgrid/wire';
import { type GatewayClient, GatewayRefusal } from '@roamgrid/station-kit';
import type { EndStore, SessionEnd, StoredEnd } from './end-store.ts';

/** Wall time: the network lives in no other. */
export interface DeliveryPace {
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** So often an end is tried before the driver is told that the bill comes later. */
  readonly triesWhileDriverWaits: number;
}

export const DEFAULT_PACE: DeliveryPace = {
  firstDelayMs: 500,
  longestDelayMs: 300_000,
  triesWhileDriverWaits: 3,
};

/** What a gateway says to the end of a session that it never started. */
const NEVER_STARTED: ReadonlySet<string> = new Set(['SESSION_UNKNOWN', 'SESSION_ENDED']);

interface Item extends StoredEnd {
  tries: number;
  refusal?: GatewayRefusal;
  readonly onTry: Set<(bill: BillSummary | undefined) => void>;
}

/**
 * Brings ends of sessions to the gateway, one after the other in the order in which they came, for as long as it takes.
 * One that is refused keeps its place and is told again later; those behind it do not wait for it.
 */
export class EndDelivery {
  readonly #gateway: GatewayClient;
  readonly #store: EndStore;
  readonly #pace: DeliveryPace;
  readonly #onBill: (bill: BillSummary) => void;
  readonly #closed = new AbortController();
  #items: Item[];
  #passing: Promise<void> | undefined;
  #isPacing = false;
  #wake = new AbortController();

  /** @param onBill hears of every end that was taken */
  constructor(
    gateway: GatewayClient,
    store: EndStore,
    pace: DeliveryPace,
    onBill: (bill: BillSummary) => void,
  ) {
    this.#gateway = gateway;
    this.#store = store;
    this.#pace = pace;
    this.#onBill = onBill;
    this.#items = store.load().map((stored) => ({ ...stored, tries: 0, onTry: new Set() }));
  }

  has(sessionId: string): boolean {
    return this.#items.some(({ end }) => end.sessionId === sessionId);
  }

  /** What is not delivered, oldest first. */
  get pending(): readonly PendingEnd[] {
    return this.#items.map(({ end: { sessionId, request }, refusal }) => ({
      sessionId,
      endMs: request.readings.at(-1)?.atMs ?? 0,
      endReason: request.endReason,
      ...(refusal && { refusal: { code: refusal.code, detail: refusal.message } }),
    }));
  }

  /** Keeps an end for good. When it returns, a power cut cannot lose it. */
  add(end: SessionEnd): void {
    this.#items.push({ ...this.#store.add(end), tries: 0, onTry: new Set() });
  }

  /**
   * Delivers, and waits as long as a driver does.
   * @returns the bill, or nothing when it will come later
   */
  async deliver(sessionId: string): Promise<BillSummary | undefined> {
    const item = this.#items.find(({ end }) => end.sessionId === sessionId);
    if (item === undefined) return undefined;
    const told = new Promise<BillSummary | undefined>((resolve) => {
      const heard = (bill: BillSummary | undefined) => {
        const isOver =
          bill !== undefined ||
          item.refusal !== undefined ||
          item.tries >= this.#pace.triesWhileDriverWaits ||
          this.#closed.signal.aborted;
        if (!isOver) return;
        item.onTry.delete(heard);
        resolve(bill);
      };
      item.onTry.add(heard);
    });
    this.start();
    return told;
  }

  /** One attempt at everything, now; what stays is tried again later. */
  async flush(): Promise<void> {
    if (this.#items.length === 0) return;
    this.#passing ??= this.#pass().finally(() => (this.#passing = undefined));
    await this.#passing;
  }

  /** Delivers in the background until nothing is left. */
  start(): void {
    this.#wake.abort();
    if (!this.#isPacing) void this.#run();
  }

  /** Ends the attempts; what is not delivered stays stored. */
  close(): void {
    this.#closed.abort();
    for (const { onTry } of this.#items) for (const heard of [...onTry]) heard(undefined);
  }

  async #run(): Promise<void> {
    const { firstDelayMs, longestDelayMs } = this.#pace;
    this.#isPacing = true;
    let delayMs = firstDelayMs;
    while (this.#items.length > 0 && !this.#closed.signal.aborted) {
      this.#wake = new AbortController();
      await this.flush();
      const onlyRefused = this.#items.every(({ refusal }) => refusal !== undefined);
      const signal = AbortSignal.any([this.#wake.signal, this.#closed.signal]);
      await sleep(onlyRefused ? longestDelayMs : delayMs, undefined, { signal, ref: false }).catch(
        () => undefined,
      );
      delayMs = signal.aborted ? firstDelayMs : Math.min(delayMs * 2, longestDelayMs);
    }
    this.#isPacing = false;
  }

  async #pass(): Promise<void> {
    let isReachable = true;
    for (const item of [...this.#items]) {
      if (this.#closed.signal.aborted) return;
      let bill: BillSummary | undefined;
      // Order is kept: nothing overtakes what only could not be brought.
      if (isReachable) ({ bill, isReachable } = await this.#try(item));
      item.tries += 1;
      for (const heard of [...item.onTry]) heard(bill);
      if (bill !== undefined) this.#onBill(bill);
    }
  }

  #drop(item: Item): void {
    this.#store.drop(item.number);
    this.#items = this.#items.filter((other) => other !== item);
  }

  async #try(item: Item): Promise<{ bill: BillSummary | undefined; isReachable: boolean }> {
    const { end } = item;
    try {
      const bill = await this.#gateway.stop(end.sessionId, end.request);
      this.#drop(item);
      return { bill, isReachable: true };
    } catch (error) {
      // Whatever is no refusal, an answer that cannot be read as well, is tried again.
      if (!(error instanceof GatewayRefusal)) return { bill: undefined, isReachable: false };
      if (!end.wasStarted && NEVER_STARTED.has(error.code)) this.#drop(item);
      item.refusal = error;
      return { bill: undefined, isReachable: true };
    }
  }
}
