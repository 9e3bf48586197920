import type { Stay } from '../simulate/cars.ts';

/** Length of a slot of the house's plan, ms. */
export const SLOT_MS = 900_000;
/** Slots an hour: power in W over a slot is a fourth of so many Wh. */
export const SLOTS_PER_HOUR = 4n;
export const SLOTS_PER_DAY = 96;

/** A house as it is built. */
export interface House {
  /** Most that its connection carries, W. */
  readonly connectionW: bigint;
  readonly battery?: {
    readonly capacityWh: bigint;
    readonly startWh: bigint;
    /** Most that goes in or out, W; without it as much as there is. */
    readonly maxW?: bigint;
  };
  /** Most that a car takes, W, and the volts of its one phase. */
  readonly outletW: bigint;
  readonly volts: bigint;
}

/** What the house takes and what its roof gives by quarters of an hour, W. */
export interface Course {
  /** When the first one begins. */
  readonly firstMs: number;
  readonly loadW: readonly bigint[];
  readonly solarW: readonly bigint[];
}

/** A car in whole slots: it charges from `from` and is gone at `until`, counted as the course is. */
export interface HomeCar {
  readonly carId: string;
  readonly from: number;
  readonly until: number;
  /** W times slots that it needs. */
  readonly need: bigint;
}

/** Stays in the slots that lie whole within them. */
export const carsAt = (stays: readonly Stay[], { firstMs }: Course): readonly HomeCar[] =>
  stays.map((stay, index) => ({
    carId: `car-${index}`,
    from: Math.ceil((stay.arrivalMs - firstMs) / SLOT_MS),
    until: Math.floor((stay.departureMs - firstMs) / SLOT_MS),
    need: stay.energyWh * SLOTS_PER_HOUR,
  }));

/** What cannot be had in the slots of the stay even at full power. */
export const isBeyondStay = ({ from, until, need }: HomeCar, { outletW }: House): boolean =>
  need > outletW * BigInt(Math.max(0, until - from));
