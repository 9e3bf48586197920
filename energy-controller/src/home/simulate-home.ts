import { divide } from '@roamgrid/domain';
import { wattsOfAmps, type Plan, type Solver } from '@roamgrid/domain/power';
import type { Stay } from '../simulate/cars.ts';
import { HighsSolver } from '../solver/highs-solver.ts';
import { TimedSolver, type SolveTimes } from '../solver/timed-solver.ts';
import { expectedAt, trueFrom } from './expected.ts';
import {
  carsAt,
  isBeyondStay,
  SLOT_MS,
  SLOTS_PER_DAY,
  SLOTS_PER_HOUR,
  type Course,
  type HomeCar,
  type House,
} from './house.ts';
import { IDS } from './house-state.ts';
import { liveSlot, type Lived, type Meant } from './live.ts';
import { boughtWithForesight, planHouse, type PlannedHouse } from './plan-house.ts';

export interface HomeSimulation {
  readonly house: House;
  readonly course: Course;
  /** The first slot that is lived through; those before are history. */
  readonly from: number;
  readonly slots: number;
  readonly stays: readonly Stay[];
  priceMicrosPerKWh(atMs: number): bigint;
  /** What the plan knows of load and sun: what comes, or what came before. */
  readonly knows: 'foresight' | 'forecast';
  readonly onProgress?: (share: number) => void;
}

export interface HomeReport {
  readonly costMicros: bigint;
  /** The least that could have been paid with everything known from the beginning. */
  readonly foresightMicros: bigint;
  /** What is paid where cars charge as soon as they come, and nothing is bought for the battery. */
  readonly onArrivalMicros: bigint;
  /** Whose whole stay lies in the days. */
  readonly cars: number;
  /** Cars that need more than they can take in the slots of their stay. */
  readonly beyondStay: number;
  /** Cars that left with less than they need and could have had. */
  readonly departuresMissed: number;
  /** Slots in which the connection carried more than it may. */
  readonly overLimit: number;
  readonly boughtWh: bigint;
  readonly plans: number;
  readonly solveMs: SolveTimes;
}

/** Far beyond what a solve takes: a simulation is to come out the same on a busy machine. */
const SOLVE_LIMIT_MS = 600_000;
const REPLAN_SLOTS = 4;
const LEAST_AMPS = 6n;
const W_PER_KW = 1_000n;

interface Run {
  readonly costs: bigint;
  readonly bought: bigint;
  readonly over: number;
  readonly missed: number;
}

type Decide = (now: {
  readonly slot: number;
  readonly held: bigint;
  readonly cars: readonly { readonly car: HomeCar; readonly left: bigint }[];
}) => Promise<Meant> | Meant;

/** Micros of so many micros a kWh times W times slots, rounded half up, once for the whole. */
const microsOf = (costs: bigint): bigint => divide(costs, W_PER_KW * SLOTS_PER_HOUR, 'half-up');

/** Lives through the slots by what is decided in each. */
const live = async (
  { house, course, from, slots, priceMicrosPerKWh, onProgress }: HomeSimulation,
  cars: readonly HomeCar[],
  decide: Decide,
): Promise<Run> => {
  const left = new Map(cars.map((car) => [car, car.need]));
  const leastCarW = wattsOfAmps(LEAST_AMPS, house.volts, 1);
  let held = (house.battery?.startWh ?? 0n) * SLOTS_PER_HOUR;
  let [costs, bought, over] = [0n, 0n, 0];
  for (let slot = from; slot < from + slots; slot += 1) {
    const there = cars
      .filter((car) => car.from <= slot && slot < car.until && (left.get(car) ?? 0n) > 0n)
      .map((car) => ({ car, left: left.get(car) ?? 0n }));
    const meant = await decide({ slot, held, cars: there });
    const [loadW = 0n, solarW = 0n] = [course.loadW[slot], course.solarW[slot]];
    const lived: Lived = liveSlot({ house, held, loadW, solarW }, meant, there, leastCarW);
    for (const { car, left: open } of there) left.set(car, open - (lived.carsW.get(car.carId) ?? 0n));
    held = lived.held;
    bought += lived.bought;
    costs += lived.bought * priceMicrosPerKWh(course.firstMs + slot * SLOT_MS);
    over += lived.isOver ? 1 : 0;
    onProgress?.((slot + 1 - from) / slots);
  }
  const missed = cars.filter(
    (car) => !isBeyondStay(car, house) && (left.get(car) ?? 0n) >= SLOTS_PER_HOUR,
  ).length;
  return { costs, bought, over, missed };
};

const onArrival =
  ({ outletW }: House): Decide =>
  ({ cars }) => ({
    carsW: new Map(cars.map(({ car }) => [car.carId, outletW])),
    ...{ batteryW: 0n, givesW: undefined, gridW: 0n },
  });

/** Follows a plan and makes it anew each hour, when the price changes, and when a car comes. */
const byPlan = (simulation: HomeSimulation, solver: Solver): Decide => {
  const { course, knows } = simulation;
  const planned: PlannedHouse = simulation;
  const arrival = onArrival(simulation.house);
  let kept:
    | { readonly plan: Plan; readonly slot: number; readonly cast: string; readonly gridW: readonly bigint[] }
    | undefined;
  return async ({ slot, held, cars }) => {
    const priceAt = (at: number): bigint => planned.priceMicrosPerKWh(course.firstMs + at * SLOT_MS);
    const cast = cars.map(({ car }) => car.carId).join(' ');
    const isOld =
      kept === undefined ||
      slot - kept.slot >= REPLAN_SLOTS ||
      kept.cast !== cast ||
      priceAt(slot) !== priceAt(slot - 1);
    if (isOld) {
      const expected = knows === 'foresight' ? [trueFrom(course, slot)] : expectedAt(course, slot);
      const plan = await planHouse(planned, { slot, held, cars }, expected, solver);
      const shown = expected[0];
      const gridW = plan.slots.map(({ chargesW, batteriesW }, at) => {
        const takenW =
          (shown?.loadW[at] ?? 0n) -
          (shown?.solarW[at] ?? 0n) +
          Object.entries(chargesW).reduce((sum, [id, w]) => (id === IDS.fromGrid ? sum : sum + w), 0n) -
          (batteriesW[IDS.battery] ?? 0n);
        return takenW > 0n ? takenW : 0n;
      });
      kept = { plan, slot, cast, gridW };
    }
    // Without a plan no car waits for one.
    if (kept?.plan.decidedBy !== 'plan') return arrival({ slot, held, cars });
    const at = slot - kept.slot;
    const planSlot = kept.plan.slots[at];
    const carsW = new Map(cars.map(({ car }) => [car.carId, planSlot?.chargesW[car.carId] ?? 0n]));
    // Where it is never dearer later, nothing is worth to be kept: the battery gives what it can.
    const isCheap = Array.from({ length: SLOTS_PER_DAY }, (_, later) => priceAt(slot + later)).some(
      (price) => price > priceAt(slot),
    );
    if (!isCheap) return { carsW, batteryW: 0n, givesW: undefined, gridW: 0n };
    const [gridW, givesW] = [kept.gridW[at] ?? 0n, planSlot?.batteriesW[IDS.battery] ?? 0n];
    const batteryW = planSlot?.chargesW[IDS.fromGrid] ?? 0n;
    // Where the grid alone feeds the house it is meant to, and what the battery has is kept.
    return { carsW, batteryW, givesW: givesW === 0n && gridW > 0n ? 0n : undefined, gridW };
  };
};

/** Lives through a house's days by the plan, and says what that cost beside the best and beside no plan at all. */
export const simulateHome = async (simulation: HomeSimulation): Promise<HomeReport> => {
  const { house, course, from, slots } = simulation;
  // Of others a part of the cost lies outside the days that are compared.
  const cars = carsAt(simulation.stays, course).filter(
    (car) => car.from >= from && car.until <= from + slots,
  );
  const solver = new HighsSolver({ timeLimitMs: SOLVE_LIMIT_MS });
  const timed = new TimedSolver(solver.solve);
  try {
    const lived = await live(simulation, cars, byPlan(simulation, timed.solve));
    const alone = await live({ ...simulation, onProgress: () => undefined }, cars, onArrival(house));
    const held = (house.battery?.startWh ?? 0n) * SLOTS_PER_HOUR;
    const all = cars.map((car) => ({ car, left: car.need }));
    const best = await boughtWithForesight(
      simulation,
      { slot: from, held, cars: all },
      trueFrom(course, from, slots),
      solver.solve,
    );
    const foresight = best.reduce(
      (sum, bought, at) =>
        sum + bought * simulation.priceMicrosPerKWh(course.firstMs + (from + at) * SLOT_MS),
      0n,
    );
    return {
      costMicros: microsOf(lived.costs),
      foresightMicros: microsOf(foresight),
      onArrivalMicros: microsOf(alone.costs),
      cars: cars.length,
      beyondStay: cars.filter((car) => isBeyondStay(car, house)).length,
      departuresMissed: lived.missed,
      overLimit: lived.over,
      boughtWh: lived.bought / SLOTS_PER_HOUR,
      plans: timed.count,
      solveMs: timed.times,
    };
  } finally {
    await solver.close();
  }
};
