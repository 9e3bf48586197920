import type { Course } from '../home/house.ts';
import type { HomeStore } from './store.ts';

const DAY_MS = 86_400_000;
/** A season, no more. */
const DAYS = 62;

export interface HistoryParts {
  readonly store: Pick<HomeStore, 'measured'>;
  readonly slotMs: number;
}

interface Devices {
  /** Loads that nobody plans, and roofs. */
  readonly loads: readonly string[];
  readonly roofs: readonly string[];
}

/** What a house took and its roof gave, slot by slot, from its own samples: read once, then what came since and the day before. */
export class History {
  readonly #parts: HistoryParts;
  #watts = new Map<number, { loadW: bigint; solarW: bigint }>();
  #readUntilMs = 0;
  #devices = '';

  constructor(parts: HistoryParts) {
    this.#parts = parts;
  }

  /** Up to the slot that an instant lies in, which is not in it; undefined while nothing was measured. Gaps go on as before. */
  async upTo(nowMs: number, devices: Devices): Promise<Course | undefined> {
    const { store, slotMs } = this.#parts;
    const untilMs = Math.floor(nowMs / slotMs) * slotMs;
    const named = JSON.stringify(devices);
    if (named !== this.#devices) {
      [this.#devices, this.#readUntilMs] = [named, 0];
      this.#watts.clear();
    }
    const oldestMs = untilMs - DAYS * DAY_MS;
    // Samples are written beside the plans: what came last is read once more.
    const fromMs = Math.max(this.#readUntilMs - DAY_MS, oldestMs);
    for (const slot of this.#watts.keys()) if (slot * slotMs >= fromMs) this.#watts.delete(slot);
    const roofs = new Set(devices.roofs);
    const rows = await store.measured([...devices.loads, ...devices.roofs], {
      fromMs,
      untilMs,
      slotMs,
    });
    for (const { slot, of, watts } of rows) {
      const known = this.#watts.get(slot) ?? { loadW: 0n, solarW: 0n };
      if (roofs.has(of)) known.solarW += watts > 0n ? watts : 0n;
      else known.loadW += watts;
      this.#watts.set(slot, known);
    }
    this.#readUntilMs = untilMs;
    for (const slot of this.#watts.keys()) if (slot * slotMs < oldestMs) this.#watts.delete(slot);
    const first = Math.min(...this.#watts.keys());
    if (!Number.isFinite(first)) return undefined;
    const [loadW, solarW]: [bigint[], bigint[]] = [[], []];
    for (let slot = first; slot < untilMs / slotMs; slot += 1) {
      const { loadW: load, solarW: solar } = this.#watts.get(slot) ?? {
        loadW: loadW.at(-1) ?? 0n,
        solarW: solarW.at(-1) ?? 0n,
      };
      loadW.push(load);
      solarW.push(solar);
    }
    return { firstMs: first * slotMs, loadW, solarW };
  }
}
