export { BASELINE_METHODS, type BaselineMethod } from './baseline.ts';
export { baselineDays, dayOf, DAY_MS, type CalledEvent, type DayRules, type RecordedDay } from './days.ts';
export {
  DAY_SLOTS,
  settleDay,
  SLOT_MS,
  type FlexibilityLine,
  type FlexibilityTerms,
  type MeterDay,
} from './settle-day.ts';
