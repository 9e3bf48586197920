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
export { isWithin, type DrEvent, type Signals, type Window } from './model/signal.ts';
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
export { steady, STEADY_START, type SteadyMemory, type SteadyRules } from './policies/steady.ts';
export { tripReserveWh } from './policies/trip.ts';
export { SERVERS_FIRST, VEHICLES_FIRST, VEHICLES_FIRST_SHARING } from './policies/site.ts';
export { admit, type Admission, type Loser } from './admit.ts';
export {
  book,
  byBookingOrder,
  type Alternative,
  type Booked,
  type BookingAnswer,
  type BookingBlock,
  type BookingRequest,
  type RankBy,
} from './book/book.ts';
export {
  freeOutlet,
  freeW,
  hasOutlet,
  withMoves,
  type Interval,
  type Move,
  type Station,
} from './book/calendar.ts';
export { chargeDurationMs, type ChargeSpan } from './calendar/charge-duration.ts';
export { follow, type Followed, type FollowedSlot, type FollowRule } from './calendar/follow.ts';
export {
  CALENDAR_SLOT_MS,
  cappedAmps,
  loadCalendar,
  shownDurationMs,
  withdrawn,
  type CalendarCharger,
  type CalendarError,
  type CalendarSlot,
} from './calendar/load-calendar.ts';
export { formPlan, type FormedPlan } from './plan/form.ts';
export type { Forecast, Horizon, PlanWeights, Slot } from './plan/horizon.ts';
export type { Column, LinearModel, Row, Solver, SolverAnswer, Term } from './plan/linear-model.ts';
export { allocatePlanned, plan, type NoPlan, type Plan } from './plan/plan.ts';
export type { PlannedSlot } from './plan/round.ts';
