import type { Restrictions } from '@roamgrid/domain';
import { exactNumber } from './exact.ts';
import { UnsayableTariff, type Conditions } from './tariff-type.ts';

const MINUTES_PER_DAY = 1_440;
const MINUTES_PER_HOUR = 60;
const MS_PER_DAY = 86_400_000;
const MS_PER_S = 1_000;
const MICRO_WH_PER_WH = 1_000_000n;
/** By their bit in `weekdays`. */
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
const ALL_DAYS = 127;

const two = (value: number): string => value.toString().padStart(2, '0');
/** Midnight as the end of a day is `00:00`. */
const timeOfDay = (minute: number): string => {
  const ofDay = minute % MINUTES_PER_DAY;
  return `${two(Math.trunc(ofDay / MINUTES_PER_HOUR))}:${two(ofDay % MINUTES_PER_HOUR)}`;
};
const dateOf = (day: number): string => new Date(day * MS_PER_DAY).toISOString().slice(0, 10);

const wattHours = (name: 'minEnergy' | 'maxEnergy', on: Restrictions): Conditions => {
  const bound = on[name];
  if (bound === undefined) return {};
  const value = exactNumber({ n: bound.n, d: bound.d * MICRO_WH_PER_WH });
  if (value === undefined) throw new UnsayableTariff('ENERGY_STEP');
  return { [name]: value };
};

const seconds = (name: 'minTime' | 'maxTime', ms: number | undefined): Conditions => {
  if (ms === undefined) return {};
  if (ms % MS_PER_S !== 0) throw new UnsayableTariff('ENERGY_STEP');
  return { [name]: ms / MS_PER_S };
};

const windowOf = ({ window }: Restrictions): Conditions => {
  if (window === undefined || (window.startMinute === 0 && window.endMinute === MINUTES_PER_DAY)) return {};
  return { startTimeOfDay: timeOfDay(window.startMinute), endTimeOfDay: timeOfDay(window.endMinute) };
};

const daysOf = ({ weekdays }: Restrictions): Conditions =>
  weekdays === undefined || weekdays === ALL_DAYS
    ? {}
    : { dayOfWeek: DAYS.filter((_day, bit) => (weekdays & (1 << bit)) !== 0) };

/** Whether it can hold in a charging session at all. */
export const everHolds = ({ window, weekdays, reservation, never }: Restrictions): boolean =>
  never !== true &&
  reservation === undefined &&
  weekdays !== 0 &&
  (window === undefined || window.startMinute !== window.endMinute);

/**
 * Restrictions of OCPI in the words of OCPP: both count from (inclusive) and until (exclusive), and all have to hold.
 * @throws UnsayableTariff
 */
export const conditionsOf = (on: Restrictions): Conditions => {
  // The bill takes power from readings that are minutes apart, and knows no current: a station would come to another price.
  const { minPower, maxPower, minCurrent, maxCurrent } = on;
  if ([minPower, maxPower, minCurrent, maxCurrent].some((bound) => bound !== undefined))
    throw new UnsayableTariff('POWER');
  return {
    ...windowOf(on),
    ...daysOf(on),
    ...(on.startDay === undefined ? {} : { validFromDate: dateOf(on.startDay) }),
    ...(on.endDay === undefined ? {} : { validToDate: dateOf(on.endDay) }),
    ...wattHours('minEnergy', on),
    ...wattHours('maxEnergy', on),
    ...seconds('minTime', on.minDurationMs),
    ...seconds('maxTime', on.maxDurationMs),
  };
};

const LOCAL = ['startTimeOfDay', 'dayOfWeek', 'validFromDate', 'validToDate'] as const;
export const asksForLocalTime = (conditions: Conditions): boolean =>
  LOCAL.some((name) => conditions[name] !== undefined);

/** A fixed fee is looked at when a transaction begins, and not again: what it may depend on is known then. */
export const isKnownAtBegin = ({ minEnergy, maxEnergy, minTime, maxTime }: Conditions): boolean =>
  [minEnergy, maxEnergy, minTime, maxTime].every((bound) => bound === undefined);
