import type { EnergySignal } from '@roamgrid/wire';
import type { HomeConfig } from './config.ts';
import { temperaturesOf } from './told-world.ts';

const HOUR_MS = 3_600_000;
/** So long a temperature is what a later one is compared with. */
const COMPARED_MS = 6 * HOUR_MS;
const MILLI = 1_000n;

export interface Drop {
  readonly key: string;
  readonly atMs: number;
  readonly byMilliC: number;
}

/** Temperatures as they were told, for the hours in which they are compared; a fall by so much is a drop, once until it is warm again. */
export class Weather {
  readonly #dropMilliC: number;
  readonly #heatingWPerDegree: bigint;
  #readings: readonly { readonly key: string; readonly atMs: number; readonly milliC: number }[] = [];
  #drop: Drop | undefined;

  constructor({ dropMilliC, heatingWPerDegree }: Pick<HomeConfig, 'dropMilliC' | 'heatingWPerDegree'>) {
    this.#dropMilliC = dropMilliC;
    this.#heatingWPerDegree = heatingWPerDegree;
  }

  /** @returns a drop that was not known before */
  hear(signals: readonly EnergySignal[], nowMs: number): Drop | undefined {
    const known = new Map(this.#readings.map((reading) => [reading.key, reading]));
    for (const { by, signalId, version, atMs, milliC } of temperaturesOf(signals))
      known.set(`${by} ${signalId} ${version}`, {
        key: `${by} ${signalId} ${version}`,
        atMs,
        milliC,
      });
    this.#readings = [...known.values()]
      .filter(({ atMs }) => atMs > nowMs - COMPARED_MS)
      .sort((a, b) => a.atMs - b.atMs || (a.key < b.key ? -1 : 1));
    const last = this.#readings.at(-1);
    if (last === undefined) {
      this.#drop = undefined;
      return undefined;
    }
    const byMilliC = Math.max(...this.#readings.map(({ milliC }) => milliC)) - last.milliC;
    const wasKnown = this.#drop !== undefined;
    if (byMilliC < this.#dropMilliC) {
      this.#drop = undefined;
      return undefined;
    }
    this.#drop = { key: this.#drop?.key ?? `temperature ${last.key}`, atMs: last.atMs, byMilliC };
    return wasKnown ? undefined : this.#drop;
  }

  /** What the house takes more than on the days before, W rounded down. */
  get heatingW(): bigint {
    return this.#drop === undefined ? 0n : (this.#heatingWPerDegree * BigInt(this.#drop.byMilliC)) / MILLI;
  }
}
