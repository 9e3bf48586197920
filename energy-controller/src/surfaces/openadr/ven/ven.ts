import { formatMicros } from '@roamgrid/domain';
import type { Logger } from '@roamgrid/service-kit';
import { duration, startRounds } from '@roamgrid/service-kit/runtime';
import { currencyCode, powerWCodec } from '@roamgrid/wire';
import { z } from 'zod';
import { replaceSignals } from '../../../signals/replace-signals.ts';
import type { SignalBook } from '../../../signals/signal-book.ts';
import { eventSignals } from '../event-signals.ts';
import {
  openAdrEvent,
  openAdrObject,
  openAdrProgram,
  type OpenAdrEvent,
  type OpenAdrProgram,
} from '../model.ts';
import { timedIntervals } from '../timed-intervals.ts';
import { VtnClient } from './vtn-client.ts';

const name = z.string().min(1).max(64);

/** How a house follows a VTN. */
export const venConfig = z.strictObject({
  vtnUrl: z.url(),
  tokenUrl: z.url().exactOptional(),
  clientId: z.string().min(1).max(128),
  clientSecret: z.string().min(1).max(4_096),
  venName: name,
  /** Programs by name; all that it may see when absent. */
  programs: z.array(z.string().min(1).max(128)).min(1).max(50).exactOptional(),
  /** Targets that were granted to it and that it asks for beside what is for everybody. */
  targets: z.array(z.string().min(1).max(128)).max(50).default([]),
  currency: currencyCode,
  /** What levels 1, 2 and 3 of SIMPLE ask for, W less, as agreed with whoever runs the program. */
  simpleReduceW: z.array(powerWCodec).max(3).default([]),
  pollMs: duration(30_000),
  timeoutMs: duration(10_000),
});
export type VenConfig = z.output<typeof venConfig>;

export interface VenParts {
  readonly config: VenConfig;
  readonly book: SignalBook;
  readonly nowMs: () => number;
  readonly log: Logger;
  /** What the house took, mWh; undefined when nobody measured it. */
  readonly takenMilliWh: (fromMs: number, untilMs: number) => Promise<bigint | undefined>;
}

/** Millionths of a kWh as JSON's number of kWh. */
const usageOf = (milliWh: bigint | undefined): { type: string; values: number[] }[] =>
  milliWh === undefined ? [] : [{ type: 'USAGE', values: [Number(formatMicros(milliWh))] }];

/** A house as a VEN: looks at its VTN over and over, and puts what it is told into the house's book. Spec: OpenADR 3.1.0. */
export class Ven {
  readonly #parts: VenParts;
  readonly #client: VtnClient;
  readonly #by: string;
  readonly #reported = new Set<string>();
  #saidLeftOut = '';

  constructor(parts: VenParts) {
    const { vtnUrl, tokenUrl, clientId, clientSecret, venName, timeoutMs } = parts.config;
    this.#parts = parts;
    this.#by = `openadr.${venName}`.slice(0, 64);
    const address = { url: vtnUrl.replace(/\/$/, ''), tokenUrl, clientId, clientSecret, timeoutMs };
    this.#client = new VtnClient(address, parts.nowMs);
  }

  /** Looks by itself. @returns what ends it. */
  start(): { stop(): Promise<void> } {
    const { config, log } = this.#parts;
    return startRounds('openadr', config.pollMs, () => this.look(), log);
  }

  /** One look: registers where that is new, takes what holds, reports what is over. */
  async look(): Promise<void> {
    const { config, book, nowMs, log } = this.#parts;
    await this.#register();
    const programs = (await this.#seen('/programs', openAdrProgram, {})).filter(
      ({ programName }) => config.programs?.includes(programName) ?? true,
    );
    const byId = new Map(programs.map((program) => [program.id, program]));
    const events = (await this.#seen('/events', openAdrEvent, {})).filter(({ programID }) =>
      byId.has(programID),
    );
    const understood = events.map((event) => this.#understand(event, byId.get(event.programID)));
    await replaceSignals(
      book,
      this.#by,
      understood.flatMap(({ signals }) => signals),
      nowMs(),
    );
    const leftOut = understood.flatMap((one, at) =>
      one.leftOut.map((what) => `${events[at]?.id ?? ''} ${what}`),
    );
    const text = leftOut.join('; ');
    if (text !== '' && text !== this.#saidLeftOut)
      log.warn({ leftOut }, 'events that are not understood whole');
    this.#saidLeftOut = text;
    for (const event of events) await this.#report(event);
  }

  #understand(event: OpenAdrEvent, program: OpenAdrProgram | undefined) {
    const { currency, simpleReduceW } = this.#parts.config;
    return eventSignals(event, program, { by: this.#by, currency, simpleReduceW }, this.#parts.nowMs());
  }

  /** What is for everybody, and what is for the house's targets. One broken object does not hide the others. */
  async #seen<T extends z.ZodType>(
    path: string,
    item: T,
    query: Record<string, string>,
  ): Promise<z.output<T>[]> {
    const all = new Map<string, z.output<T>>();
    for (const target of [undefined, ...this.#parts.config.targets]) {
      const targets = target === undefined ? {} : { targets: target };
      for (const one of await this.#client.list(path, openAdrObject, { ...query, ...targets })) {
        const parsed = item.safeParse(one);
        if (parsed.success) all.set(one.id, parsed.data);
        else this.#parts.log.warn({ path, id: one.id, issues: parsed.error.issues }, 'left out');
      }
    }
    return [...all.values()];
  }

  async #register(): Promise<void> {
    const { venName } = this.#parts.config;
    const known = await this.#client.list('/vens', openAdrObject, { venName });
    if (known.length > 0) return;
    await this.#client.ask('POST', '/vens', openAdrObject, { objectType: 'VEN_VEN_REQUEST', venName });
  }

  /** Energy taken in each interval of an event that asks for USAGE, once when all of them are over. */
  async #report(event: OpenAdrEvent): Promise<void> {
    const { config, nowMs, takenMilliWh } = this.#parts;
    const asks = event.reportDescriptors?.some(({ payloadType }) => payloadType === 'USAGE') === true;
    if (!asks || this.#reported.has(event.id)) return;
    const { intervals } = timedIntervals(event, nowMs(), `${this.#by} ${event.id}`);
    if (intervals.length === 0 || intervals.some(({ endMs }) => endMs > nowMs())) return;
    const known = await this.#client.list('/reports', openAdrObject, {
      ...{ eventID: event.id, clientName: config.venName },
    });
    if (known.length === 0) {
      const used = await Promise.all(intervals.map(({ startMs, endMs }) => takenMilliWh(startMs, endMs)));
      await this.#client.ask('POST', '/reports', openAdrObject, {
        ...{ eventID: event.id, clientName: config.venName, reportName: `usage of ${event.id}` },
        payloadDescriptors: [{ objectType: 'REPORT_PAYLOAD_DESCRIPTOR', payloadType: 'USAGE', units: 'KWH' }],
        resources: [
          {
            resourceName: config.venName,
            intervals: intervals.map(({ startMs, endMs }, id) => ({
              id,
              intervalPeriod: {
                start: new Date(startMs).toISOString(),
                duration: `PT${(endMs - startMs) / 1_000}S`,
              },
              payloads: usageOf(used[id]),
            })),
          },
        ],
      });
    }
    this.#reported.add(event.id);
  }
}
