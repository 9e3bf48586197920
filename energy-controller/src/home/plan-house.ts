import { formPlan, plan, type Forecast, type Horizon, type Plan, type Solver } from '@roamgrid/domain/power';
import type { Expected } from './expected.ts';
import { SLOT_MS, type Course, type House } from './house.ts';
import { houseState, IDS, type HouseNow } from './house-state.ts';

/** What an unmet kWh is worth against the others: more than any price. */
const WEIGHTS: Horizon['weights'] = {
  unmetMicrosPerKWh: 100_000_000n,
  softMicrosPerKWh: 100_000_000n,
  peakMicrosPerKW: 0n,
  peakSoFarW: 0n,
  wearMicrosPerKWh: 1n,
  // Cars are charged early, as long as it costs the same.
  laterMicrosPerKWh: 2n,
};

/** So long nobody knows yet what the day brings: what is bought for later is the same in all courses. */
const UNKNOWN_HOURS = 6;
const SHARED_SLOTS = (UNKNOWN_HOURS * 3_600_000) / SLOT_MS;

export interface PlannedHouse {
  readonly house: House;
  readonly course: Course;
  priceMicrosPerKWh(atMs: number): bigint;
}

const horizonOf = (
  { course, priceMicrosPerKWh }: PlannedHouse,
  slot: number,
  expected: readonly Expected[],
): Horizon => {
  const slots = expected[0]?.loadW.length ?? 0;
  // Of two slots at one price the later one is bought in: more is known by then.
  const early = expected.length > 1 ? 1n : 0n;
  const prices = Array.from(
    { length: slots },
    (_, at) => priceMicrosPerKWh(course.firstMs + (slot + at) * SLOT_MS) + early * BigInt(slots - at),
  );
  const scenarios = expected.map(({ loadW, solarW }): Forecast => ({
    priceMicrosPerKWh: prices,
    loadW: { [IDS.house]: loadW },
    availableW: { [IDS.sun]: solarW },
  }));
  return {
    ...{ slotMs: SLOT_MS, slots, forecast: scenarios[0] ?? {}, weights: WEIGHTS },
    ...(scenarios.length > 1 && { scenarios, sharedSlots: SHARED_SLOTS }),
  };
};

/** A plan of what the house charges and what its battery gives, from a slot on, for all that may come at once. */
export const planHouse = (
  planned: PlannedHouse,
  now: HouseNow,
  expected: readonly Expected[],
  solver: Solver,
): Promise<Plan> => {
  const { house, course } = planned;
  const nowMs = course.firstMs + now.slot * SLOT_MS;
  return plan(houseState(house, course, now), horizonOf(planned, now.slot, expected), nowMs, solver);
};

/** W times slots by slot that are bought when everything is known, to the nearest watt. @throws Error when the solver has no answer */
export const boughtWithForesight = async (
  planned: PlannedHouse,
  now: HouseNow,
  expected: Expected,
  solver: Solver,
): Promise<readonly bigint[]> => {
  const { house, course } = planned;
  const nowMs = course.firstMs + now.slot * SLOT_MS;
  const formed = formPlan(houseState(house, course, now), horizonOf(planned, now.slot, [expected]), nowMs);
  const answer = await solver(formed.model);
  if (answer.status === 'failed') throw new Error(`the best that could be is not known: ${answer.detail}`);
  const { values } = answer;
  const wattsIn = (columns: readonly (number | undefined)[], slot: number): bigint =>
    BigInt(Math.round(values[columns[slot] ?? -1] ?? 0));
  return formed.slots.map((slot) => {
    let takenW = expected.loadW[slot.at] ?? 0n;
    for (const { columns } of formed.charges) takenW += wattsIn(columns, slot.at);
    for (const { columns } of formed.feeds) takenW -= wattsIn(columns, slot.at);
    return takenW > 0n ? takenW : 0n;
  });
};
