import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@roamgrid/service-kit';
import { mustReadDurable, privateFolder, writeDurably } from '@roamgrid/service-kit/runtime';
import { cabinetEvent, type BladeReport, type CabinetEvent, type SensorReport } from '@roamgrid/wire';
import { z } from 'zod';
import type { AgentConfig } from '../config.ts';
import { hear, QUIET, watchState, type Heard, type WatchState } from './watch.ts';

/** Events that nobody acknowledged; the oldest go first, and their numbers tell that some are missing. */
const MOST_EVENTS = 10_000;

/** Of one answer: it stays well below what a caller reads at once. */
const EVENTS_A_PAGE = 1_000;

const kept = z.strictObject({
  state: watchState,
  /** Of the next event. */
  sequence: z.int(),
  events: z.array(cabinetEvent),
});

export interface CabinetOptions {
  readonly config: AgentConfig;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** The cabinet around the servers: door, temperature, blades. Its anomalies are kept until the controller has them. */
export class Cabinet {
  readonly #options: CabinetOptions;
  readonly #file: string;
  readonly #blades = new Map<string, BladeReport>();
  /** What each sensor and blade measured last, m°C, by its name. */
  readonly #milliCelsius = new Map<string, number>();
  #state: WatchState = QUIET;
  #sequence = 1;
  #events: readonly CabinetEvent[] = [];

  /** @throws when what was kept is spoiled */
  constructor(options: CabinetOptions) {
    this.#options = options;
    privateFolder(options.config.stateDir);
    this.#file = join(options.config.stateDir, 'cabinet');
    if (!existsSync(this.#file)) return;
    const text = mustReadDurable(this.#file, 'look at the cabinet, then remove the file');
    const before = kept.parse(JSON.parse(text));
    this.#state = before.state;
    this.#sequence = before.sequence;
    this.#events = before.events;
  }

  hear(heard: Heard): void {
    const { config, nowMs, log } = this.#options;
    const before = this.#state;
    const { state, found } = hear(before, heard, nowMs(), config.cabinet);
    if (JSON.stringify(state) === JSON.stringify(before)) return;
    const events = found.map(({ code, sinceMs }, index): CabinetEvent => {
      const sequence = this.#sequence + index;
      return {
        sequence,
        eventId: `${config.cabinetId.slice(0, 40)}-${sequence}`,
        cabinetId: config.cabinetId,
        code,
        sinceMs,
      };
    });
    this.#keep(state, this.#sequence + events.length, [...this.#events, ...events].slice(-MOST_EVENTS));
    for (const { eventId, code } of events) log.warn({ eventId, code }, 'an anomaly at the cabinet');
  }

  /** A blade that reports as faulty stays so until it says otherwise. */
  hearBlade(bladeId: string, report: BladeReport): void {
    this.#blades.set(bladeId, report);
    this.#hearFrom(`blade ${bladeId}`, { milliCelsius: report.milliCelsius });
  }

  /** What a sensor of the cabinet sees. */
  hearSensor(sensorId: string, report: SensorReport): void {
    this.#hearFrom(`sensor ${sensorId}`, report);
  }

  /** The oldest after one of them, a page at a time. */
  eventsAfter(sequence: number): readonly CabinetEvent[] {
    return this.#events.filter((event) => event.sequence > sequence).slice(0, EVENTS_A_PAGE);
  }

  /** The controller has all up to this one. */
  acknowledge(through: number): void {
    const left = this.#events.filter(({ sequence }) => sequence > through);
    if (left.length < this.#events.length) this.#keep(this.#state, this.#sequence, left);
  }

  get facts(): Readonly<Record<string, string>> {
    const faulty = [...this.#blades].filter(([, { isFaulty }]) => isFaulty).map(([bladeId]) => bladeId);
    return {
      door: this.#state.door,
      anomalies: Object.keys(this.#state.lasting).sort().join(' ') || 'none',
      blades: `${this.#blades.size} reported, ${faulty.length === 0 ? 'none faulty' : `faulty: ${faulty.sort().join(' ')}`}`,
    };
  }

  /** It is too hot as long as it is anywhere, whatever is measured beside it. */
  #hearFrom(source: string, report: SensorReport): void {
    if (report.milliCelsius !== undefined) this.#milliCelsius.set(source, report.milliCelsius);
    this.hear({ what: 'sensor', report, everywhere: [...this.#milliCelsius.values()] });
  }

  /** Kept before it is believed: an anomaly that was told is never told again under another number. */
  #keep(state: WatchState, sequence: number, events: readonly CabinetEvent[]): void {
    writeDurably(this.#file, JSON.stringify(z.encode(kept, { state, sequence, events: [...events] })));
    this.#state = state;
    this.#sequence = sequence;
    this.#events = events;
  }
}
