import { randomBytes } from 'node:crypto';
import type { Allocation, PowerState } from '@roamgrid/domain/power';
import type { Logger } from '@roamgrid/service-kit';
import {
  computeEnergyMilliWh,
  HOUSE_LIMITS,
  houseConfirmation,
  sealHouseBatch,
  type HouseEntry,
  type HouseMeter,
  type HouseSource,
  type SignedInterval,
} from '@roamgrid/wire';
import type { SourceAdapter } from '../../adapters/adapter.ts';
import type { GatewayDoor } from '../../gateway/gateway-door.ts';
import { ledgerId } from '../slot.ts';
import type { HouseRecordConfig } from './house-config.ts';
import { countedFlows, signedFlows, uncrossed, type Counted } from './house-flows.ts';
import { readingsOf, switchesOf, type Note } from './house-notes.ts';
import type { HouseStore, KeptHouseBatch } from './house-store.ts';

export interface HouseRecorderParts {
  readonly config: HouseRecordConfig;
  readonly sources: readonly SourceAdapter[];
  readonly store: HouseStore;
  readonly door: GatewayDoor;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** So long after something happened it is kept at the latest, ms. */
const SETTLE_MS = 1_000;
const ENERGY_MS = 10_000;
/** Notes of one batch; the rest of its entries is for flows. */
const MOST_NOTES = HOUSE_LIMITS.entries / 2;
/** Signed flows of one batch, of all meters; what is more comes with the next one. */
const MOST_SIGNED = 160;
const NOTHING: Counted = { inMilliWh: 0n, outMilliWh: 0n };

const newSalt = (): string => randomBytes(32).toString('hex');

/**
 * Records what a house's panel did and measured on the ledger. Notes are kept first; a batch is formed, signed and kept, then told as
 * often as it takes, always the same, until the gateway says in which block it stands. One after the other.
 */
export class HouseRecorder {
  readonly #parts: HouseRecorderParts;
  #last: Allocation | undefined;
  #notedAtMs = 0;
  readonly #kinds = new Map<string, HouseSource>();
  #warned = '';

  constructor(parts: HouseRecorderParts) {
    this.#parts = parts;
  }

  /** What a decision changed, and from time to time what batteries hold and the grid says. */
  async note(state: PowerState, allocation: Allocation, atMs: number): Promise<void> {
    const { config, store } = this.#parts;
    for (const { sourceId, kind } of state.sources) this.#kinds.set(sourceId, kind);
    const isDue = atMs - this.#notedAtMs >= config.noteMs;
    await store.keepNotes([
      ...switchesOf(this.#last, allocation, atMs),
      ...(isDue ? readingsOf(state, config.batterySecret, atMs) : []),
    ]);
    this.#last = allocation;
    if (isDue) this.#notedAtMs = atMs;
  }

  /** Tells what is whole. */
  async look(): Promise<void> {
    while (await this.#next());
  }

  /** @returns whether there may be another one. */
  async #next(): Promise<boolean> {
    const { store } = this.#parts;
    let newest = await store.newest();
    if (newest?.state === 'open') return this.#tell(newest);
    if (newest?.state === 'refused') {
      await store.release(newest.number);
      newest = await store.newest();
    }
    const isFormed = await this.#form(newest);
    const formed = isFormed ? await store.newest() : undefined;
    return formed?.state === 'open' && this.#tell(formed);
  }

  async #tell({ number, body }: KeptHouseBatch): Promise<boolean> {
    const { store, door, config, log } = this.#parts;
    const told = await door.tell('grid/recordHouse', body);
    let detail = told.outcome === 'taken' ? '' : told.detail;
    if (told.outcome === 'refused') await store.markRefused(number, detail);
    if (told.outcome === 'taken') {
      const path = `/internal/v1/houses/${config.body.houseRef}/batches/${number}`;
      const found = await door.ask({ method: 'GET', path, answer: houseConfirmation });
      if (found.ok) await store.markTaken(number, found.value);
      else detail = 'the gateway does not say where it stands';
    }
    if (detail !== '' && detail !== this.#warned)
      log.warn({ number, detail }, 'a batch of the house is not confirmed');
    this.#warned = detail;
    return detail === '';
  }

  /** Forms and keeps the next one; false while it is not whole. */
  async #form(before: KeptHouseBatch | undefined): Promise<boolean> {
    const { config, store, nowMs } = this.#parts;
    const fromMs = before?.untilMs ?? config.fromMs;
    const latestMs = Math.min(nowMs() - SETTLE_MS, config.untilMs);
    if (latestMs - fromMs < config.batchMs) return false;
    const signed = await this.#signed(fromMs, latestMs);
    if (signed === undefined) return false;
    const waiting = await store.waiting(config.fromMs, latestMs, MOST_NOTES + 1);
    const overfull = waiting.at(MOST_NOTES)?.note.atMs;
    const until = overfull === undefined ? latestMs : Math.max(fromMs + 1, overfull);
    // A batch ends where meters ended an interval, so that none is cut.
    const ends = signed.flatMap(({ intervals }) => intervals.at(-1)?.toMs ?? []);
    const untilMs = uncrossed(
      Math.min(until, ...ends),
      signed.flatMap(({ intervals }) => intervals),
    );
    if (untilMs <= fromMs) return false;
    const kept = waiting.filter(({ note }) => note.atMs < untilMs).slice(0, MOST_NOTES);
    const counted = await store.counted(config.fromMs);
    const notes: Note[] = [
      // What was kept late, after its batch, stands at the beginning of the next one.
      ...kept.map(({ note }) => ({ ...note, atMs: Math.max(note.atMs, fromMs) })),
      ...this.#counted({ fromMs, untilMs }, before?.counted ?? {}, counted),
      ...signed.flatMap(({ meter, intervals }) =>
        signedFlows(
          meter,
          intervals.filter(({ toMs }) => toMs <= untilMs),
          config.creditTo[meter.meterRef],
        ),
      ),
    ];
    if (notes.length === 0) return false;
    const entries = notes
      .sort((a, b) => a.atMs - b.atMs)
      .slice(0, HOUSE_LIMITS.entries)
      .map((note): HouseEntry => ({ ...note, salt: newSalt() }));
    const number = (before?.number ?? 0) + 1;
    const { agreementId, vun, hun, body, panelKey } = config;
    const sealed = await sealHouseBatch(
      {
        ...{ agreementId, vun, hun, houseRef: body.houseRef, number, fromMs, untilMs, body, entries },
        ...(before !== undefined && { previousHash: before.headerHash }),
        salt: newSalt(),
      },
      { kid: panelKey.kid, key: panelKey },
    );
    const { headerHash, command, transient } = sealed;
    await store.keepBatch(
      { number, fromMs, untilMs, headerHash, counted, body: { command, transient } },
      kept,
    );
    return true;
  }

  /** What the panel's samples say of sources whose meters sign nothing. */
  #counted(
    span: { readonly fromMs: number; readonly untilMs: number },
    before: Readonly<Record<string, Counted>>,
    now: Readonly<Record<string, Counted>>,
  ): readonly Note[] {
    const signing = new Set(this.#parts.config.body.meters.map(({ meterRef }) => meterRef));
    return Object.entries(now).flatMap(([sourceId, counted]) => {
      const kind = this.#kinds.get(sourceId);
      if (kind === undefined || signing.has(ledgerId(sourceId))) return [];
      return countedFlows(span, { sourceId, kind }, before[sourceId] ?? NOTHING, counted);
    });
  }

  /** What meters signed in a span; undefined while one of them may still sign. */
  async #signed(fromMs: number, untilMs: number) {
    const { config, sources, nowMs, log } = this.#parts;
    const found: { readonly meter: HouseMeter; readonly intervals: readonly SignedInterval[] }[] = [];
    for (const meter of config.body.meters) {
      const energy = sources.find(({ sourceId }) => ledgerId(sourceId) === meter.meterRef)?.energy;
      let intervals: readonly SignedInterval[] = [];
      try {
        const answer = await energy?.(fromMs, untilMs, AbortSignal.timeout(ENERGY_MS));
        intervals = (answer?.intervals ?? [])
          .filter((each) => each.fromMs >= fromMs)
          .slice(0, Math.floor(MOST_SIGNED / config.body.meters.length));
        const checked = computeEnergyMilliWh(intervals, meter);
        if (!checked.ok) throw new Error(`${checked.error.code}: ${checked.error.message}`);
      } catch (err) {
        log.warn({ err, meterRef: meter.meterRef }, 'what a meter of the house signed could not be had');
        intervals = [];
      }
      const isAwaited = nowMs() < fromMs + config.batchMs + config.awaitMs;
      if (intervals.length === 0 && isAwaited) return undefined;
      found.push({ meter, intervals });
    }
    return found;
  }
}
