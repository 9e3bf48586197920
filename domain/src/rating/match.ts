import { MS_PER_DAY } from '../tariff/date-time.ts';
import { compare, type Rational } from '../tariff/rational.ts';
import type {
  DimensionType,
  PriceComponent,
  ReservationType,
  Restrictions,
  Tariff,
} from '../tariff/tariff.ts';
import { offsetMsAt, type ZoneOffsets } from '../tariff/zone.ts';
import type { PricingPolicy } from './policy.ts';
import type { Range } from './usage.ts';

const MS_PER_MINUTE = 60_000;

/** The state of a session at one instant, as restrictions ask about it. */
export interface Moment {
  readonly day: number;
  readonly msOfDay: number;
  readonly weekday: number;
  readonly durationMs: number;
  readonly energy: Rational;
  readonly power?: Range | undefined;
  readonly current?: Range | undefined;
}

/** A price component with the element that it stands in. */
export interface Priced {
  readonly elementIndex: number;
  readonly component: PriceComponent;
}

/** Local day, time and weekday (0 is Sunday) of an instant. */
export const localTime = (offsets: ZoneOffsets, ms: number): Pick<Moment, 'day' | 'msOfDay' | 'weekday'> => {
  const local = ms + offsetMsAt(offsets, ms);
  // check-allow float: whole milliseconds, floored to a whole day at once
  const day = Math.floor(local / MS_PER_DAY);
  return { day, msOfDay: local - day * MS_PER_DAY, weekday: (((day + 4) % 7) + 7) % 7 };
};

const insideWindow = (window: NonNullable<Restrictions['window']>, msOfDay: number): boolean => {
  const afterStart = msOfDay >= window.startMinute * MS_PER_MINUTE;
  const beforeEnd = msOfDay < window.endMinute * MS_PER_MINUTE;
  return window.endMinute < window.startMinute ? afterStart || beforeEnd : afterStart && beforeEnd;
};

/** A range that is not known does not exclude an element. Spec: OCPI 2.2.1 TariffRestrictions min/max_current, _power. */
const insideRange = (
  range: Range | undefined,
  from: Rational | undefined,
  until: Rational | undefined,
  policy: PricingPolicy,
): boolean => {
  if (range === undefined) return true;
  const any = policy.powerRange === 'any-moment';
  if (from !== undefined && compare(any ? range.max : range.min, from) < 0) return false;
  return until === undefined || compare(any ? range.min : range.max, until) < 0;
};

/** True when every restriction holds, the reservation one aside. */
export const matches = (on: Restrictions, at: Moment, policy: PricingPolicy): boolean => {
  if (on.never === true) return false;
  if (on.window !== undefined && !insideWindow(on.window, at.msOfDay)) return false;
  if (on.startDay !== undefined && at.day < on.startDay) return false;
  if (on.endDay !== undefined && at.day >= on.endDay) return false;
  if (on.weekdays !== undefined && (on.weekdays & (1 << at.weekday)) === 0) return false;
  if (on.minDurationMs !== undefined && at.durationMs < on.minDurationMs) return false;
  if (on.maxDurationMs !== undefined && at.durationMs >= on.maxDurationMs) return false;
  if (on.minEnergy !== undefined && compare(at.energy, on.minEnergy) < 0) return false;
  if (on.maxEnergy !== undefined && compare(at.energy, on.maxEnergy) >= 0) return false;
  return (
    insideRange(at.power, on.minPower, on.maxPower, policy) &&
    insideRange(at.current, on.minCurrent, on.maxCurrent, policy)
  );
};

/**
 * The one component that prices a dimension at this moment: that of the first matching element which has it.
 * `reservation` is `undefined` for the charging session itself.
 */
export const findComponent = (
  tariff: Tariff,
  type: DimensionType,
  reservation: ReservationType | undefined,
  at: Moment,
  policy: PricingPolicy,
): Priced | undefined => {
  for (const element of tariff.elements) {
    if (element.restrictions.reservation !== reservation) continue;
    const component = element.components.find((candidate) => candidate.type === type);
    if (component !== undefined && matches(element.restrictions, at, policy)) {
      return { elementIndex: element.index, component };
    }
  }
  return undefined;
};
