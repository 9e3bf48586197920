import type { Allocation, PowerState } from '@roamgrid/domain/power';
import type { Logger } from '@roamgrid/service-kit';
import { computeEnergyMilliWh } from '@roamgrid/wire';
import type { LoadAdapter } from '../adapters/adapter.ts';
import type { GatewayDoor } from '../gateway/gateway-door.ts';
import type { SiteSpec } from '../site/spec.ts';
import { batchOf } from './batch.ts';
import type { RecordConfig } from './config.ts';
import { isSignedUntil } from './metered.ts';
import type { KeptBatch, RecordStore } from './record-store.ts';
import { computeW, slotOf, type DecidedSlot } from './slot.ts';

export interface RecorderParts {
  readonly config: RecordConfig;
  readonly spec: SiteSpec;
  readonly utilityId: string;
  readonly loads: readonly LoadAdapter[];
  readonly store: RecordStore;
  readonly door: GatewayDoor;
  readonly nowMs: () => number;
  readonly log: Logger;
}

interface Noted {
  readonly slot: DecidedSlot;
  readonly atMs: number;
}

/** So long meters are asked for what they signed at once, ms: a cabinet answers for no more. */
const SPAN_MS = 30 * 86_400_000;
const ENERGY_MS = 10_000;

const WITHOUT_ENERGY = 'the energy of servers could not be had: it is charged when it is signed';

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

  /** Of all decisions that hold in a slot the one counts that leaves the servers most, as they may have taken that. */
  async note(state: PowerState, allocation: Allocation, atMs: number): Promise<void> {
    const { config, spec, store } = this.#parts;
    const slotMs = atMs - (atMs % config.slotMs);
    const slot = slotOf(slotMs, state, allocation, this.#servers);
    const before = this.#last;
    this.#last = { slot, atMs };
    const isBegun = this.#most?.slotMs === slotMs;
    if (isBegun && this.#most !== undefined && computeW(this.#most) >= computeW(slot)) return;
    // What was granted at the end of the slot before held in this one, too.
    const isHeld = !isBegun && before !== undefined && atMs - before.atMs <= spec.times.grantMs;
    const most =
      isHeld && computeW(before.slot) > computeW(slot) ? { ...before.slot, slotMs, salt: slot.salt } : slot;
    await store.keepSlot(most);
    this.#most = most;
  }

  /** Asks the meters, and tells what is whole. */
  async look(): Promise<void> {
    await this.#hearMeters();
    while (await this.#tellNext());
  }

  async #hearMeters(): Promise<void> {
    const { config, loads, store, nowMs, log } = this.#parts;
    for (const { loadId, ...meter } of config.meters) {
      const energy = loads.find((load) => load.loadId === loadId)?.energy;
      if (energy === undefined) continue;
      try {
        const last = await store.lastInterval(loadId);
        const untilMs = nowMs();
        const fromMs = last?.toMs ?? Math.max(0, untilMs - SPAN_MS);
        const answer = await energy(
          fromMs,
          Math.min(untilMs, fromMs + SPAN_MS),
          AbortSignal.timeout(ENERGY_MS),
        );
        const found = answer.intervals.filter(({ toMs }) => toMs > fromMs);
        const checked = computeEnergyMilliWh(last === undefined ? found : [last, ...found], meter);
        if (!checked.ok) throw new Error(`${loadId}: ${checked.error.code}, ${checked.error.message}`);
        await store.keepIntervals(loadId, found);
      } catch (err) {
        log.warn({ err, loadId }, WITHOUT_ENERGY);
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
    const meters = await Promise.all(
      config.meters.map(({ loadId }) => store.intervalsFrom(loadId, meteredFromMs)),
    );
    const isSigned = meters.every((metered) => isSignedUntil(metered, untilMs));
    if (nowMs() < untilMs || (!isSigned && nowMs() < untilMs + config.awaitMs)) return undefined;
    const carryMilliWh = before?.carryMilliWh ?? 0n;
    return batchOf({ utilityId, config, spec, slots: run, meters, meteredFromMs, carryMilliWh });
  }
}
