import type { Allocation, PowerState } from '@roamgrid/domain/power';
import type { Logger } from '@roamgrid/service-kit';
import { computeEnergyMilliWh } from '@roamgrid/wire';
import type { LoadAdapter, SourceAdapter } from '../adapters/adapter.ts';
import type { GatewayDoor } from '../gateway/gateway-door.ts';
import type { SiteSpec } from '../site/spec.ts';
import { batchOf } from './batch.ts';
import type { RecordConfig } from './config.ts';
import { isSignedUntil } from './metered.ts';
import type { KeptBatch, RecordStore } from './record-store.ts';
import { mergeSlots, slotOf, type DecidedSlot } from './slot.ts';

export interface RecorderParts {
  readonly config: RecordConfig;
  readonly spec: SiteSpec;
  readonly utilityId: string;
  readonly loads: readonly LoadAdapter[];
  readonly sources: readonly SourceAdapter[];
  readonly store: RecordStore;
  readonly door: GatewayDoor;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** Whether what was noted changes nothing of what is kept: decisions are taken over as they are. */
const isSameSlot = (one: DecidedSlot, { grants, carsBy = [] }: DecidedSlot): boolean =>
  one.grants === grants &&
  (one.carsBy ?? []).length === carsBy.length &&
  carsBy.every((decision, at) => one.carsBy?.[at] === decision);

interface Noted {
  readonly slot: DecidedSlot;
  readonly atMs: number;
}

/** So long meters are asked for what they signed at once, ms: a cabinet answers for no more. */
const SPAN_MS = 30 * 86_400_000;
const ENERGY_MS = 10_000;

const WITHOUT_ENERGY = 'the energy of a meter could not be had: it is charged when it is signed';

/**
 * Records a site's slots on the ledger through the utility's gateway. What was decided and what meters signed is kept first; a batch is
 * formed and kept, then told as often as it takes, always the same, so that the ledger has it once whoever falls when. One after the other.
 */
export class Recorder {
  readonly #parts: RecorderParts;
  readonly #servers: ReadonlySet<string>;
  /** The last decision. */
  #last: Noted | undefined;
  /** What is kept of the slot that runs. */
  #most: DecidedSlot | undefined;
  #warned = '';

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.#servers = new Set(parts.config.meters.map(({ loadId }) => loadId));
  }

  /** Of all decisions that hold in a slot the one counts that leaves the servers most, as they may have taken that, and so with cars. */
  async note(state: PowerState, allocation: Allocation, atMs: number): Promise<void> {
    const { config, spec, store } = this.#parts;
    const slotMs = atMs - (atMs % config.slotMs);
    const slot = slotOf(slotMs, state, allocation, this.#servers);
    const before = this.#last;
    this.#last = { slot, atMs };
    const isBegun = this.#most?.slotMs === slotMs;
    const kept = isBegun ? this.#most : await store.slotAt(slotMs);
    // What was granted at the end of the slot before held in this one, too.
    const isHeld = !isBegun && before !== undefined && atMs - before.atMs <= spec.times.grantMs;
    const noted = [
      ...(kept === undefined ? [] : [kept]),
      ...(isHeld ? [{ ...before.slot, slotMs, salt: slot.salt }] : []),
    ];
    const [first, ...later] = [...noted, slot];
    const cars = config.cars.map(({ sourceId }) => sourceId);
    const merged = mergeSlots([first, ...later], cars);
    if (kept === undefined || !isSameSlot(kept, merged)) await store.keepSlot(merged);
    this.#most = merged;
  }

  /** Asks the meters, and tells what is whole. */
  async look(): Promise<void> {
    await this.#hearMeters();
    while (await this.#tellNext());
  }

  async #hearMeters(): Promise<void> {
    const { config, loads, sources, store, nowMs, log } = this.#parts;
    const metered = [
      ...config.meters.map(({ loadId, ...meter }) => ({
        ...{ id: loadId, meter, energy: loads.find((load) => load.loadId === loadId)?.energy },
      })),
      ...config.cars.map(({ sourceId, cinRef: _card, ...meter }) => ({
        ...{ id: sourceId, meter, energy: sources.find((each) => each.sourceId === sourceId)?.energy },
      })),
    ];
    for (const { id, meter, energy } of metered) {
      if (energy === undefined) continue;
      try {
        const last = await store.lastInterval(id);
        const untilMs = nowMs();
        const fromMs = last?.toMs ?? Math.max(0, untilMs - SPAN_MS);
        const answer = await energy(
          fromMs,
          Math.min(untilMs, fromMs + SPAN_MS),
          AbortSignal.timeout(ENERGY_MS),
        );
        const found = answer.intervals.filter(({ toMs }) => toMs > fromMs);
        const checked = computeEnergyMilliWh(last === undefined ? found : [last, ...found], meter);
        if (!checked.ok) throw new Error(`${id}: ${checked.error.code}, ${checked.error.message}`);
        await store.keepIntervals(id, found);
      } catch (err) {
        log.warn({ err, deviceId: id }, WITHOUT_ENERGY);
      }
    }
  }

  /** @returns whether there may be another one. */
  async #tellNext(): Promise<boolean> {
    const { store } = this.#parts;
    const [newest, before] = await store.batches(Number.MAX_SAFE_INTEGER, 2);
    if (newest?.state === 'open') return this.#tell(newest);
    const isRefused = newest?.state === 'refused';
    const formed = await this.#form(isRefused ? before : newest, isRefused ? newest.fromMs : undefined);
    if (formed === undefined) return false;
    await (isRefused ? store.formAnew(formed) : store.keepBatch(formed));
    const [kept] = await store.batches(Number.MAX_SAFE_INTEGER, 1);
    return kept?.state === 'open' && this.#tell(kept);
  }

  async #tell(batch: KeptBatch): Promise<boolean> {
    const { store, door, log } = this.#parts;
    const told = await door.tell('grid/recordAllocations', batch.body);
    if (told.outcome === 'taken') {
      await store.markTaken(batch.fromMs);
      this.#warned = '';
      return true;
    }
    const { detail } = told;
    if (told.outcome === 'refused') await store.markRefused(batch.fromMs, detail);
    if (this.#warned !== detail) log.warn({ batchId: batch.batchId, detail }, 'a batch is not on the ledger');
    this.#warned = detail;
    return false;
  }

  /** The next slots that are whole, in a row. */
  async #form(before: KeptBatch | undefined, anewFromMs: number | undefined) {
    const { config, spec, store, nowMs, utilityId } = this.#parts;
    const slots = await store.slots(anewFromMs ?? before?.untilMs ?? 0, config.batchSlots + 1);
    const [first] = slots;
    if (first === undefined) return undefined;
    const gap = slots.findIndex(({ slotMs }, at) => slotMs !== first.slotMs + at * config.slotMs);
    const run = slots.slice(0, Math.min(gap < 0 ? slots.length : gap, config.batchSlots));
    const untilMs = first.slotMs + run.length * config.slotMs;
    const isLeft = nowMs() >= untilMs + config.batchSlots * config.slotMs;
    if (run.length < config.batchSlots && gap < 0 && !isLeft) return undefined;
    const meteredFromMs = before?.untilMs ?? first.slotMs;
    const [meters, cars] = await Promise.all([
      Promise.all(config.meters.map(({ loadId }) => store.intervalsFrom(loadId, meteredFromMs))),
      Promise.all(config.cars.map(({ sourceId }) => store.intervalsFrom(sourceId, meteredFromMs))),
    ]);
    const isSigned = [...meters, ...cars].every((metered) => isSignedUntil(metered, untilMs));
    if (nowMs() < untilMs || (!isSigned && nowMs() < untilMs + config.awaitMs)) return undefined;
    const carried = { carryMilliWh: before?.carryMilliWh ?? 0n, carCarry: before?.carCarry ?? new Map() };
    return batchOf({ utilityId, config, spec, slots: run, meters, cars, meteredFromMs, ...carried });
  }
}
