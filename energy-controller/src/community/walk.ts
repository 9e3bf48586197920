import { freeSteps, LANES, type CommunityRegister } from './register.ts';

/** By phase, then by slot. */
export type ByPhase<T> = readonly (readonly T[])[];

/** What a house would do within limits. Spec: HOME-9. */
export interface HousePlanner {
  /**
   * What it means to take from the connection by phase and slot, W, and what that and what it has to leave undone costs it, micros. Where it can it
   * stays within `limitW`, and avoids slots by their `scarceMicrosPerKWh`, which nobody pays.
   */
  plan(ask: PlanAsk): Promise<{ readonly takenW: ByPhase<bigint>; readonly costMicros: bigint }>;
}

export interface PlanAsk {
  readonly startMs: number;
  readonly limitW: ByPhase<bigint>;
  readonly scarceMicrosPerKWh: ByPhase<bigint>;
}

const map = <T>(slots: number, of: (lane: number, slot: number) => T): ByPhase<T> =>
  Array.from({ length: LANES }, (_, lane) => Array.from({ length: slots }, (__, slot) => of(lane, slot)));

const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** A slot that is full becomes dearer by this a round, and cheaper by half of it where it is not. */
const SCARCE_MICROS = 8_000n;

export interface WalkParts {
  readonly register: CommunityRegister;
  readonly planner: HousePlanner;
  readonly staticW: readonly bigint[];
  /** Its place among the houses that agree, and how many they are. */
  readonly place: number;
  readonly houses: number;
  readonly startMs: number;
  /** Slots from the first one in which nothing can be agreed, as a house that is away may hold something. */
  readonly frozenSlots: number;
  /** What the house holds there, steps. */
  held(lane: number, slot: number): bigint;
}

/** Steps by phase and slot, and what they cost the house. */
export interface Wish {
  readonly steps: ByPhase<bigint>;
  readonly costMicros: bigint;
}

/**
 * A house's way to its part. In each round it may raise its wish by its share of what nobody wishes yet, and gives back what it does not need;
 * where nothing is left energy looks dearer to all, so that who can goes elsewhere. Everybody moves at once, and sees nothing but the sum.
 */
export class Walk {
  readonly #parts: WalkParts;
  readonly #free: readonly bigint[];
  readonly #slots: number;
  #allowed: ByPhase<bigint>;
  #scarce: ByPhase<bigint>;

  constructor(parts: WalkParts) {
    this.#parts = parts;
    this.#slots = parts.register.plannedSlots;
    this.#free = Array.from({ length: LANES }, (_, lane) => freeSteps(parts.register, lane));
    this.#allowed = this.#raised(undefined, undefined);
    this.#scarce = map(this.#slots, () => 0n);
  }

  /** What it wishes within what it may. */
  async wish(): Promise<Wish> {
    const { planner, staticW, startMs, register } = this.#parts;
    const limitW = map(
      this.#slots,
      (lane, slot) => (staticW[lane] ?? 0n) + (this.#allowed[lane]?.[slot] ?? 0n) * register.stepW,
    );
    const { takenW, costMicros } = await planner.plan({ startMs, limitW, scarceMicrosPerKWh: this.#scarce });
    const steps = map(this.#slots, (lane, slot) => {
      const aboveW = most(0n, (takenW[lane]?.[slot] ?? 0n) - (staticW[lane] ?? 0n));
      const wished = (aboveW + register.stepW - 1n) / register.stepW;
      return least(wished, this.#allowed[lane]?.[slot] ?? 0n);
    });
    return { steps, costMicros };
  }

  /** Goes on from a wish, knowing the sum of all. */
  heard({ steps }: Wish, sum: ByPhase<bigint>): void {
    this.#allowed = this.#raised(steps, sum);
    this.#scarce = map(this.#slots, (lane, slot) => {
      const before = this.#scarce[lane]?.[slot] ?? 0n;
      const isFull = this.#left(sum, lane, slot) === 0n && slot >= this.#parts.frozenSlots;
      return isFull ? before + SCARCE_MICROS : most(0n, before - SCARCE_MICROS / 2n);
    });
  }

  /** What it claims in the end: its wish and its share of what is left, for what nobody foresees. */
  claim({ steps }: Wish, sum: ByPhase<bigint>): ByPhase<bigint> {
    return this.#raised(steps, sum);
  }

  /** Whether a sum of wishes fits into the connection. */
  fits(sum: ByPhase<bigint>): boolean {
    return sum.every((slots, lane) =>
      slots.every((steps, slot) => slot < this.#parts.frozenSlots || steps <= (this.#free[lane] ?? 0n)),
    );
  }

  #left(sum: ByPhase<bigint> | undefined, lane: number, slot: number): bigint {
    return most(0n, (this.#free[lane] ?? 0n) - most(0n, sum?.[lane]?.[slot] ?? 0n));
  }

  /** What is left is shared evenly; single steps go round by slot. */
  #raised(steps: ByPhase<bigint> | undefined, sum: ByPhase<bigint> | undefined): ByPhase<bigint> {
    const { houses, place, frozenSlots, held } = this.#parts;
    return map(this.#slots, (lane, slot) => {
      if (slot < frozenSlots) return held(lane, slot);
      const left = this.#left(sum, lane, slot);
      const turn = BigInt((place + slot + lane) % houses);
      const share = left / BigInt(houses) + (turn < left % BigInt(houses) ? 1n : 0n);
      return (steps?.[lane]?.[slot] ?? 0n) + share;
    });
  }
}
