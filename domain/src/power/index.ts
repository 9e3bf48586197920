/** The power core: who gets how much power, from where, now and over the next slots. No I/O, no clock; integers with units. */
export { allocate } from './allocate/allocate.ts';
export { checkAllocation, type Breach } from './check-allocation.ts';
export {
  CHARGING_MODES,
  chargingState,
  checkModeRange,
  type ChargingMode,
  type ChargingState,
  type ModeError,
  type ModePower,
  type ModeTable,
} from './model/charging-mode.ts';
export type { Claim, ClaimKind, Step, Urgency } from './model/claim.ts';
export { PLAIN_POLICY, SITE_MODES } from './model/defaults.ts';
export { wattsOfAmps, type Lane, type LaneW } from './model/phases.ts';
export type { Condition, Effect, Policy, Rule, Selector, ServingOrder, SourceRank } from './model/policy.ts';
export {
  areSchedulesOver,
  nextScheduleChangeMs,
  scheduledLimitW,
  type ChargingSchedule,
  type SchedulePeriod,
} from './model/schedule.ts';
export type { DrEvent, Signals, Window } from './model/signal.ts';
export {
  byStateOfCharge,
  floorOf,
  isStale,
  type Source,
  type SourceKind,
  type Store,
} from './model/source.ts';
export type {
  Action,
  Allocation,
  Grant,
  Hold,
  Notice,
  PowerState,
  Reason,
  ReasonCode,
  Shortfall,
  SourceShare,
} from './model/state.ts';
export {
  growTree,
  type Limit,
  type PowerNode,
  type Tree,
  type TreeError,
  type TreeNode,
} from './model/tree.ts';
export { panelPolicy } from './policies/panel.ts';
export { SERVERS_FIRST, VEHICLES_FIRST, VEHICLES_FIRST_SHARING } from './policies/site.ts';
