import type { Claim } from '../model/claim.ts';
import { areSchedulesOver, scheduledLimitW } from '../model/schedule.ts';
import { minW } from '../model/phases.ts';
import type { PowerState } from '../model/state.ts';

/** What is expected of the slots to come. Where a list is shorter than the horizon its last value goes on. */
export interface Horizon {
  readonly slotMs: number;
  readonly slots: number;
  readonly forecast: Forecast;
  /** Courses that may come instead of `forecast`, each as likely as the others; the first one is the plan that is shown. */
  readonly scenarios?: readonly Forecast[];
  /** In so many slots from now on what is charged from the grid is the same in all scenarios: by then nobody knows yet which one comes. */
  readonly sharedSlots?: number;
  readonly weights: PlanWeights;
}

/** The horizon once for each course that may come. */
export const branchesOf = (horizon: Horizon): readonly Horizon[] =>
  horizon.scenarios === undefined || horizon.scenarios.length === 0
    ? [horizon]
    : horizon.scenarios.map((forecast) => ({ ...horizon, forecast }));

export interface Forecast {
  readonly priceMicrosPerKWh?: readonly bigint[];
  /** Paid for exported energy; without it nothing is planned to be exported. */
  readonly exportMicrosPerKWh?: readonly bigint[];
  /** Power of loads that are not planned, by claim, W; what they have now when there is none. */
  readonly loadW?: Readonly<Record<string, readonly bigint[]>>;
  /** Power of sources by source, W; what they have now when there is none. */
  readonly availableW?: Readonly<Record<string, readonly bigint[]>>;
  /** What a kWh given to a claim in a slot costs besides, by claim: its part of `unmetMicrosPerKWh` when it may have left by then. */
  readonly chargeMicrosPerKWh?: Readonly<Record<string, readonly bigint[]>>;
}

/** What things are worth against one another, micros. */
export interface PlanWeights {
  /** Energy that a claim needs and does not get by its deadline, a kWh, times its weight. */
  readonly unmetMicrosPerKWh: bigint;
  /** Power above a soft limit, a kWh. */
  readonly softMicrosPerKWh: bigint;
  /** The highest power taken from the grid, a kW. */
  readonly peakMicrosPerKW: bigint;
  /** The highest power so far, below which no more is owed, W. */
  readonly peakSoFarW: bigint;
  /** What a battery loses in worth by a kWh that it gives; counted as one at least, so that none is given for nothing. */
  readonly wearMicrosPerKWh: bigint;
  /** A kWh a slot later: who is served early leaves room for who comes unannounced. */
  readonly laterMicrosPerKWh: bigint;
}

const lastOr = <T>(list: readonly T[] | undefined, at: number, otherwise: T): T =>
  list?.[Math.min(at, list.length - 1)] ?? otherwise;

/** A span of time that is planned as one. */
export interface Slot {
  readonly at: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly priceMicrosPerKWh: bigint;
  readonly exportMicrosPerKWh: bigint | undefined;
}

/** The slots from an instant on. The first begins then, wherever that is on the clock. */
export const slotsOf = (horizon: Horizon, nowMs: number): readonly Slot[] =>
  Array.from({ length: horizon.slots }, (_, at) => ({
    at,
    startMs: nowMs + at * horizon.slotMs,
    endMs: nowMs + (at + 1) * horizon.slotMs,
    priceMicrosPerKWh: lastOr(horizon.forecast.priceMicrosPerKWh, at, 0n),
    exportMicrosPerKWh:
      horizon.forecast.exportMicrosPerKWh === undefined
        ? undefined
        : lastOr(horizon.forecast.exportMicrosPerKWh, at, 0n),
  }));

export const loadIn = (horizon: Horizon, claim: Claim, { at }: Slot): bigint =>
  lastOr(horizon.forecast.loadW?.[claim.claimId], at, claim.runningW ?? claim.maxW);

export const availableIn = (horizon: Horizon, sourceId: string, availableW: bigint, { at }: Slot): bigint =>
  lastOr(horizon.forecast.availableW?.[sourceId], at, availableW);

export const chargeCostIn = (horizon: Horizon, claimId: string, { at }: Slot): bigint =>
  lastOr(horizon.forecast.chargeMicrosPerKWh?.[claimId], at, 0n);

/** True for claims that are planned: they need an energy, by a deadline or in time. Others take what they take. */
export const isPlanned = (claim: Claim): boolean => claim.kind === 'charge' && claim.needWh !== undefined;

/** Most that a claim can take in a slot on average, W: less where it is there for a part of it only, rounded down. */
export const mostIn = (claim: Claim, slot: Slot, { policy }: PowerState): bigint => {
  const beginMs = Math.max(slot.startMs, claim.fromMs ?? slot.startMs);
  const endMs = Math.min(slot.endMs, claim.deadlineMs ?? Infinity, claim.untilMs ?? Infinity);
  if (endMs <= beginMs || areSchedulesOver(claim.schedules ?? [], beginMs)) return 0n;
  let mostW = minW(claim.maxW, scheduledLimitW(claim.schedules ?? [], beginMs) ?? claim.maxW);
  if (claim.mode !== undefined)
    mostW = minW(mostW, policy.modeTable.modes[claim.mode].byStateW['in-progress']);
  return (mostW * BigInt(endMs - beginMs)) / BigInt(slot.endMs - slot.startMs);
};
