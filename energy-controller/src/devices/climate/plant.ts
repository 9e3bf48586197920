import type { DeviceOrder, DeviceReading } from '@roamgrid/wire';
import { z } from 'zod';
import type { Plant } from '../link/serve-device.ts';

/** Numbers of ours, as rates of the rack's temperature: 600 kJ/K, a pump of 12 kW for cooling and 9 kW for heating, 150 W/K lost. */
const COOLS_MICRO_K_PER_S = 20_000;
const HEATS_MICRO_K_PER_S = 15_000;
const SECOND_MS = 1_000;
const LOSES_PER_S = 0.00025;

const action = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('weather'), milliC: z.int() }),
  /** How fast the blades warm the rack while they may run; 10,000 is 6 kW. */
  z.strictObject({ do: z.literal('load'), microKPerS: z.int().min(0) }),
  z.strictObject({ do: z.literal('set-temperature'), milliC: z.int() }),
  /** `open`: a broken wire gives nothing; `short`: it gives what nothing on earth has. */
  z.strictObject({ do: z.literal('sensor'), is: z.enum(['good', 'open', 'short']) }),
]);

/** The air around a stack of blades: one mass that is warmed by blades and weather, cooled or heated by a pump. */
export class ClimatePlant implements Plant<'climate'> {
  readonly kind = 'climate';
  readonly hasPower = true;
  #order: DeviceOrder<'climate'> = { pump: 'circulate', blades: 'off' };
  #insideC = 20;
  #outsideC = 20;
  #loadMicroKPerS = 0;
  #sensor: 'good' | 'open' | 'short' = 'good';
  #atMs: number | undefined;
  #lowestC = Infinity;
  #highestC = -Infinity;
  #cooledS = 0;
  #heatedS = 0;

  advance(nowMs: number): void {
    this.#atMs ??= nowMs;
    for (; this.#atMs + SECOND_MS <= nowMs; this.#atMs += SECOND_MS) this.#second();
  }

  #second(): void {
    const { pump, blades } = this.#order;
    if (pump === 'cool') this.#cooledS += 1;
    if (pump === 'heat') this.#heatedS += 1;
    const ofPump = pump === 'cool' ? -COOLS_MICRO_K_PER_S : pump === 'heat' ? HEATS_MICRO_K_PER_S : 0;
    const ofBlades = blades === 'run' ? this.#loadMicroKPerS : 0;
    this.#insideC += (ofPump + ofBlades) / 1_000_000 + (this.#outsideC - this.#insideC) * LOSES_PER_S;
    this.#lowestC = Math.min(this.#lowestC, this.#insideC);
    this.#highestC = Math.max(this.#highestC, this.#insideC);
  }

  apply(order: DeviceOrder<'climate'>): void {
    this.#order = order;
  }

  lapse(): void {
    this.#order = { pump: 'circulate', blades: 'off' };
  }

  read(): DeviceReading<'climate'> {
    if (this.#sensor !== 'good') return { milliC: this.#sensor === 'open' ? null : 850_000 };
    return { milliC: Math.round(this.#insideC * 1_000) };
  }

  act(given: unknown): void {
    const asked = action.parse(given);
    if (asked.do === 'weather') this.#outsideC = asked.milliC / 1_000;
    else if (asked.do === 'load') this.#loadMicroKPerS = asked.microKPerS;
    else if (asked.do === 'sensor') this.#sensor = asked.is;
    else {
      this.#insideC = asked.milliC / 1_000;
      this.#lowestC = Infinity;
      this.#highestC = -Infinity;
    }
  }

  world(): Readonly<Record<string, unknown>> {
    const milli = (celsius: number) => Math.round(celsius * 1_000);
    return {
      ...this.#order,
      milliC: milli(this.#insideC),
      lowestMilliC: milli(this.#lowestC),
      highestMilliC: milli(this.#highestC),
      cooledS: this.#cooledS,
      heatedS: this.#heatedS,
    };
  }
}
