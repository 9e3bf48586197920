import { AdapterError } from '../adapter.ts';
import type { AdapterClock } from '../adapter-clock.ts';
import type { ModbusDevice } from './device.ts';
import type { Orders } from './table.ts';

interface Order {
  readonly watts: bigint;
  readonly lapsesAtMs: number;
}

/** A device hears its order anew so often within its watchdog's time. */
const REPEATS = 3;
/** For one repetition, ms. */
const REPEAT_WITHIN_MS = 2_000;

const least = (a: number, b: number): number => (a < b ? a : b);

/**
 * What a device was told to put out: told again within its watchdog's time until the order's time is over, and then
 * released. When nobody tells it any more, because this process is gone, the device's own watchdog releases it.
 */
export class SetPoint {
  readonly #device: ModbusDevice;
  readonly #orders: Orders;
  readonly #clock: AdapterClock;
  #repeating = new AbortController();
  /** What an order takes to be written is not mixed with another's. */
  #turn: Promise<void> = Promise.resolve();
  #fault: string | undefined;

  constructor(device: ModbusDevice, orders: Orders, clock: AdapterClock) {
    this.#device = device;
    this.#orders = orders;
    this.#clock = clock;
  }

  /** Why the last repetition failed; it is tried again. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** @throws AdapterError when the device was not told; then an earlier order lapses too. */
  async tell(order: Order, signal: AbortSignal): Promise<void> {
    this.#repeating.abort();
    this.#repeating = new AbortController();
    const { signal: isOver } = this.#repeating;
    const isLapsed = order.lapsesAtMs <= this.#clock.nowMs();
    await this.#inTurn(() => (isLapsed ? this.#release(signal) : this.#write(order, signal)));
    this.#fault = undefined;
    if (!isLapsed) void this.#repeat(order, isOver);
  }

  /** Stops repeating and says nothing more: the device goes back by itself. */
  close(): void {
    this.#repeating.abort();
  }

  #inTurn(write: () => Promise<void>): Promise<void> {
    const written = this.#turn.then(write);
    this.#turn = written.catch(() => undefined);
    return written;
  }

  /** How long the device may go without a word from now, s; never longer than the order is good for. */
  #secondsOf({ lapsesAtMs }: Order): number {
    const leftS = Math.ceil((lapsesAtMs - this.#clock.nowMs()) / 1_000);
    return Math.max(1, least(this.#orders.watchdog.seconds, leftS));
  }

  async #write(order: Order, signal: AbortSignal): Promise<void> {
    const { before, watts, positive, after, watchdog } = this.#orders;
    await this.#device.writeAll(before, signal);
    if (watchdog.at !== undefined)
      await this.#device.write(watchdog.at, BigInt(this.#secondsOf(order)) * 1_000n, signal);
    const outWards = positive === 'out' ? order.watts : -order.watts;
    await this.#device.write(watts, outWards * 1_000n, signal);
    await this.#device.writeAll(after, signal);
  }

  async #release(signal: AbortSignal): Promise<void> {
    await this.#device.writeAll(this.#orders.release, signal);
  }

  async #repeat(order: Order, isOver: AbortSignal): Promise<void> {
    const everyMs = (this.#orders.watchdog.seconds * 1_000) / REPEATS;
    try {
      for (;;) {
        const leftMs = order.lapsesAtMs - this.#clock.nowMs();
        await this.#clock.sleep(Math.max(0, least(everyMs, leftMs)), isOver);
        const isLapsed = this.#clock.nowMs() >= order.lapsesAtMs;
        const told = this.#inTurn(() => {
          const within = AbortSignal.timeout(REPEAT_WITHIN_MS);
          if (isOver.aborted) return Promise.resolve();
          return isLapsed ? this.#release(within) : this.#write(order, within);
        });
        const fault = await told.then(
          () => undefined,
          (error: unknown) => (error instanceof AdapterError ? error.message : String(error)),
        );
        if (isOver.aborted) return;
        this.#fault = fault;
        if (isLapsed) return;
      }
    } catch (error) {
      // The sleep was ended by a newer order, or by the end of all.
      if (!isOver.aborted) this.#fault = String(error);
    }
  }
}
