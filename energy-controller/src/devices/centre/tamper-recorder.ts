import { createHash } from 'node:crypto';
import type { Logger } from '@roamgrid/service-kit';
import { duration } from '@roamgrid/service-kit/runtime';
import {
  canonicalJson,
  recordId,
  TAMPER_EVENTS,
  tamperEvent,
  utilityId,
  type DeviceNotice,
  type TamperEvent,
} from '@roamgrid/wire';
import { z } from 'zod';
import { gatewayConfig, type GatewayDoor } from '../../gateway/gateway-door.ts';
import type { NoticeStore } from './store.ts';

/** By which gateway tampering at which sites is recorded on the ledger. */
export const tamperLedgerConfig = z.strictObject({
  /** Whose sites they are. */
  utilityId,
  gateway: gatewayConfig,
  /** A site as its devices name it, and as the ledger's registry of stations has it. */
  sites: z
    .array(z.strictObject({ siteId: recordId, stationId: recordId }))
    .min(1)
    .max(1_000)
    .refine(
      (sites) => new Set(sites.map(({ siteId }) => siteId)).size === sites.length,
      'a site stands there twice',
    ),
  everyMs: duration(10_000),
});
export type TamperLedger = z.output<typeof tamperLedgerConfig>;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What the ledger is told of a notice: neither its words nor its facts, which may be about somebody. */
export const eventOf = ({ key, deviceId, device, code, atMs }: DeviceNotice): TamperEvent => ({
  ...{ eventId: sha256(key), deviceId, device, code, atMs },
});

const placeOf = ({ atMs, eventId }: TamperEvent): string => `${atMs.toString().padStart(14, '0')} ${eventId}`;

interface Waiting {
  readonly key: string;
  readonly event: TamperEvent;
}

export interface TamperRecorderParts {
  readonly settings: TamperLedger;
  readonly door: Pick<GatewayDoor, 'tell'>;
  readonly store: NoticeStore;
  readonly log: Logger;
}

/**
 * Brings the tampering that the control centre was told of to the ledger, in batches, for as long as it takes. What the ledger took and nobody
 * heard of is told again and is there once.
 */
export class TamperRecorder {
  readonly #parts: TamperRecorderParts;
  readonly #stationOf: ReadonlyMap<string, string>;
  #isAllTold = true;

  constructor(parts: TamperRecorderParts) {
    this.#parts = parts;
    this.#stationOf = new Map(parts.settings.sites.map(({ siteId, stationId }) => [siteId, stationId]));
  }

  /** Whether nothing waited after the last look. */
  get isAllTold(): boolean {
    return this.#isAllTold;
  }

  /** One attempt at all that waits: a site whose events are not taken holds up no other. */
  async look(): Promise<void> {
    const waiting = new Map<string, Waiting[]>();
    for (const notice of this.#parts.store.unrecorded()) {
      const stationId = this.#stationOf.get(notice.siteId);
      if (stationId === undefined) continue;
      const of = waiting.get(stationId) ?? [];
      of.push({ key: notice.key, event: eventOf(notice) });
      waiting.set(stationId, of);
    }
    let isAllTold = true;
    for (const [stationId, events] of waiting)
      isAllTold = (await this.#tellSite(stationId, events)) && isAllTold;
    this.#isAllTold = isAllTold;
  }

  async #tellSite(stationId: string, waiting: readonly Waiting[]): Promise<boolean> {
    const ordered = waiting.toSorted((a, b) => (placeOf(a.event) < placeOf(b.event) ? -1 : 1));
    let isAllTold = true;
    for (let from = 0; from < ordered.length; from += TAMPER_EVENTS) {
      const batch = ordered.slice(from, from + TAMPER_EVENTS);
      isAllTold = (await this.#tell(stationId, batch)) && isAllTold;
    }
    return isAllTold;
  }

  async #tell(stationId: string, batch: readonly Waiting[]): Promise<boolean> {
    const { door, settings, store, log } = this.#parts;
    const command = {
      utilityId: settings.utilityId,
      siteId: stationId,
      events: batch.map(({ event }) => tamperEvent.encode(event)),
    };
    // The same events have the same id: a command that was lost on its way back is not told as another one.
    const commandId = `tamper-${sha256(canonicalJson(command)).slice(0, 32)}`;
    const told = await door.tell('grid/recordTampering', { command: { commandId, ...command } });
    if (told.outcome === 'taken') {
      for (const { key } of batch) store.markRecorded(key);
      return true;
    }
    log.warn({ stationId, events: batch.length, detail: told.detail }, 'tampering is not on the ledger');
    if (told.outcome === 'unknown' || batch.length === 1) return false;
    // One that the ledger does not take holds up none of the others.
    let isAllTold = true;
    for (const each of batch) isAllTold = (await this.#tell(stationId, [each])) && isAllTold;
    return isAllTold;
  }
}
