import type { Sample } from '../store/site-store.ts';
import type { Heard } from './heard.ts';

/** A watt-hour is 3,600,000 watt-milliseconds, a milliwatt-hour a thousandth of it. */
const WATT_MS_PER_MILLI_WH = 3_600n;

interface Running {
  readonly kind: 'source' | 'load';
  wattMs: bigint;
  measuredW: bigint;
}

/**
 * Adds up what devices measure from tick to tick and gives a sample of each after every span. A device that does not answer adds
 * nothing; fractions of a milliwatt-hour are carried on.
 */
export class Sampler {
  readonly #sampleMs: number;
  readonly #running = new Map<string, Running>();
  #lastMs: number | undefined;
  #sinceMs: number | undefined;

  constructor(sampleMs: number) {
    this.#sampleMs = sampleMs;
  }

  /** What is to be kept now; mostly nothing. */
  add(nowMs: number, heard: Heard): readonly Sample[] {
    const passedMs = BigInt(Math.max(0, nowMs - (this.#lastMs ?? nowMs)));
    this.#lastMs = nowMs;
    this.#sinceMs ??= nowMs;
    const count = (id: string, kind: Running['kind'], measuredW: bigint): void => {
      const running = this.#running.get(id) ?? { kind, wattMs: 0n, measuredW: 0n };
      // The power of the span before is what was measured at its beginning.
      running.wattMs += running.measuredW * passedMs;
      running.measuredW = measuredW;
      this.#running.set(id, running);
    };
    for (const [id, { reading, isFresh }] of heard.sources)
      count(id, 'source', isFresh && reading !== undefined ? reading.measuredW : 0n);
    for (const [id, { reading, isFresh }] of heard.loads)
      count(id, 'load', isFresh && reading !== undefined ? reading.measuredW : 0n);
    if (nowMs - this.#sinceMs < this.#sampleMs) return [];
    const atMs = this.#sinceMs;
    const spanMs = BigInt(nowMs - atMs);
    this.#sinceMs = nowMs;
    return [...this.#running].map(([of, running]): Sample => {
      const energyMilliWh = running.wattMs / WATT_MS_PER_MILLI_WH;
      const measuredW = running.wattMs / spanMs;
      running.wattMs -= energyMilliWh * WATT_MS_PER_MILLI_WH;
      return { atMs, of, kind: running.kind, measuredW, energyMilliWh };
    });
  }
}
