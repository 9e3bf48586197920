import type { Claim } from '../model/claim.ts';
import type { Source } from '../model/source.ts';
import type { Horizon, Slot } from './horizon.ts';
import type { ModelBuilder } from './linear-model.ts';

const MS_PER_HOUR = 3_600_000n;

/** Columns that all courses have in common: what is decided before anybody knows which of them comes, and the peak of all. */
export class SharedColumns {
  /** The highest power from the grid above that so far, where it is paid for. */
  readonly peak: number | undefined;
  readonly #slots: number;
  /** A cost that every course has stands once and counts for all. */
  readonly #courses: bigint;
  readonly #columns = new Map<string, number>();

  constructor(model: ModelBuilder, { sharedSlots = 0, slotMs, weights }: Horizon, courses: number) {
    this.#slots = courses > 1 ? sharedSlots : 0;
    this.#courses = BigInt(courses);
    // Micros a kW of peak are spread over the watts of one slot, as every other price is a kWh.
    const perSlot = (weights.peakMicrosPerKW * MS_PER_HOUR) / BigInt(slotMs);
    if (perSlot > 0n) this.peak = model.column(perSlot * this.#courses);
  }

  /** What a claim gets in a slot. What is fed of a surplus follows the surplus and is never in common. */
  charge(model: ModelBuilder, claim: Claim, slot: Slot, cost: bigint, mostW: bigint): number {
    return claim.fromKinds === undefined
      ? this.#common(model, `charge ${claim.claimId}`, slot, cost, mostW)
      : model.column(cost, mostW);
  }

  /** What a source gives in a slot. Of the sun there is what there is; what a battery gives is decided. */
  feed(model: ModelBuilder, source: Source, slot: Slot, cost: bigint, mostW: bigint): number {
    return source.store === undefined
      ? model.column(cost, mostW)
      : this.#common(model, `feed ${source.sourceId}`, slot, cost, mostW);
  }

  #common(model: ModelBuilder, name: string, slot: Slot, cost: bigint, mostW: bigint): number {
    if (slot.at >= this.#slots) return model.column(cost, mostW);
    const key = `${slot.at} ${name}`;
    const known = this.#columns.get(key);
    if (known !== undefined) return known;
    const column = model.column(cost * this.#courses, mostW);
    this.#columns.set(key, column);
    return column;
  }
}
