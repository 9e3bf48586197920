import type { Claim } from '../model/claim.ts';
import { minW, maxW } from '../model/phases.ts';
import { areSchedulesOver, scheduledLimitW } from '../model/schedule.ts';
import type { PowerState, ReasonCode } from '../model/state.ts';
import type { TreeNode } from '../model/tree.ts';
import type { Direction } from './directions.ts';
import { ceilToStep, floorToStep, stepsOf, type Steps } from './step.ts';

/** What a claim may be given now, and where it stands in the order. */
export interface Want {
  readonly claim: Claim;
  readonly leaf: TreeNode;
  readonly lanes: readonly number[];
  readonly steps: Steps;
  /** Most that it may get: a value of its steps. */
  readonly hiW: bigint;
  /** What it asked for before rules reduced it, W. */
  readonly askedW: bigint;
  /** Kept ahead of all others because it may not be interrupted; a value of its steps. */
  readonly pinnedW: bigint;
  /** Why it may not have more than `hiW`. */
  readonly because: ReasonCode;
  readonly rule: string | undefined;
  readonly band: number;
  readonly priority: number;
  /** Time to spare, ms: how long it could wait and still be served at full power. Infinite without need and deadline. */
  readonly laxityMs: number;
  /** It is not there yet: its power is kept free. */
  readonly isHeld: boolean;
}

const MS_PER_HOUR = 3_600_000n;
const DEFAULT_PRIORITY = 5;

/** Whole milliseconds that a need takes at some power, rounded up; without power it never ends. */
const takesMs = (needWh: bigint, powerW: bigint): number =>
  powerW <= 0n ? Infinity : Number((needWh * MS_PER_HOUR + powerW - 1n) / powerW);

const laxityOf = ({ needWh, deadlineMs }: Claim, mostW: bigint, nowMs: number): number =>
  deadlineMs === undefined
    ? Infinity
    : deadlineMs - nowMs - (needWh === undefined ? 0 : takesMs(needWh, mostW));

/** What makes a claim impossible to serve: such a one gets nothing and is told, and others are served. */
export const isWellFormed = (claim: Claim, lanes: readonly number[], laneCount: number): boolean =>
  claim.minW >= 0n &&
  claim.maxW >= 0n &&
  (claim.needWh ?? 0n) >= 0n &&
  (claim.runningW ?? 0n) >= 0n &&
  (claim.weight ?? 1n) > 0n &&
  lanes.length > 0 &&
  new Set(lanes).size === lanes.length &&
  lanes.every((lane) => Number.isInteger(lane) && lane >= 0 && lane < laneCount) &&
  (claim.step === undefined ||
    (claim.step.unit === 'W' && claim.step.everyW > 0n) ||
    (claim.step.unit === 'A' && claim.step.everyA > 0n) ||
    (claim.step.unit === 'A-set' && claim.step.amps.every((amps) => amps >= 0n)));

interface Ceiling {
  readonly limitW: bigint;
  readonly because: ReasonCode;
}

/** The tightest of what the claim itself, its mode and its schedules allow. */
const ceilingOf = (direction: Direction, state: PowerState, nowMs: number): Ceiling => {
  const { claim } = direction;
  const { modes } = state.policy.modeTable;
  let ceiling: Ceiling = { limitW: claim.maxW, because: 'GRANTED' };
  const lower = (limitW: bigint, because: ReasonCode): void => {
    if (limitW < ceiling.limitW) ceiling = { limitW, because };
  };
  if (claim.mode !== undefined)
    lower(modes[claim.mode].byStateW[direction.state ?? 'in-progress'], 'LIMITED_BY_MODE');
  const scheduledW = scheduledLimitW(claim.schedules ?? [], nowMs);
  if (scheduledW !== undefined) lower(scheduledW, 'LIMITED_BY_SCHEDULE');
  if (areSchedulesOver(claim.schedules ?? [], nowMs)) lower(0n, 'ENDED');
  return ceiling;
};

/** The power that fills a need within the tick, raised to the next value that the claim can take. */
const fillingW = (needWh: bigint, tickMs: number, steps: Steps): bigint | undefined =>
  ceilToStep((needWh * MS_PER_HOUR + BigInt(tickMs) - 1n) / BigInt(tickMs), steps);

/** What a claim may get at an instant. `isHeld` says that it is a reservation whose time has not come. */
export const wantOf = (
  direction: Direction,
  leaf: TreeNode,
  lanes: readonly number[],
  state: PowerState,
  nowMs: number,
): Want => {
  const { claim } = direction;
  const own = stepsOf(claim, state.tree.volts, lanes.length);
  // What is reduced to standby or critical operations takes what is left to it, minimum or not.
  const steps: Steps = direction.reducedTo === undefined ? own : { minW: 0n, everyW: BigInt(lanes.length) };
  const ceiling = ceilingOf(direction, state, nowMs);
  let { because } = ceiling;
  const asked = floorToStep(ceiling.limitW, own);
  let limitW = ceiling.limitW;
  const { needWh } = claim;
  if (needWh !== undefined) {
    const filledW = needWh === 0n ? 0n : fillingW(needWh, state.tickMs, own);
    if (filledW !== undefined && filledW < limitW) {
      limitW = filledW;
      because = needWh === 0n ? 'SATISFIED' : 'GRANTED';
    }
  }
  const askedW = minW(asked, floorToStep(limitW, own));
  let ruledW = limitW;
  if (direction.mode !== undefined && direction.mode !== claim.mode)
    ruledW = minW(
      ruledW,
      state.policy.modeTable.modes[direction.mode].byStateW[direction.state ?? 'in-progress'],
    );
  ruledW = (ruledW * direction.scalePermille) / 1000n;
  if (direction.capW !== undefined) ruledW = minW(ruledW, direction.capW);
  if (ruledW < limitW) because = 'LIMITED_BY_RULE';
  const hiW = floorToStep(maxW(0n, ruledW), steps);
  if (hiW === 0n && ruledW > 0n) because = 'BELOW_MINIMUM';
  const isPinned = claim.preemptible === false && claim.runningW !== undefined;
  return {
    claim,
    leaf,
    lanes,
    steps,
    hiW,
    askedW,
    pinnedW: isPinned ? floorToStep(minW(claim.runningW ?? 0n, hiW), steps) : 0n,
    because,
    rule: ruledW < limitW ? direction.cappedBy : undefined,
    band: direction.band,
    priority: claim.priority ?? DEFAULT_PRIORITY,
    laxityMs: laxityOf(claim, maxW(ceiling.limitW, 0n), nowMs),
    isHeld: claim.fromMs !== undefined && nowMs < claim.fromMs,
  };
};
