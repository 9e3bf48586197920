import { err, ok, resolveZone, type DomainError, type Result } from '@roamgrid/domain';
import type { ChargeToken } from '../token/charge-token.ts';
import { isAmong } from './driver.ts';
import { CHECKED, type Check } from './matrix.ts';
import type { OpenHours, PlaceRules } from './rules.ts';
import { slotAt, type Slot } from './slots.ts';

/** Why a place takes nobody, or not this one, one reason each. Spec: SECURE-6, SECURE-7, SECURE-8, SECURE-14. */
export type PlaceRefusalCode =
  | 'WITHDRAWN' // nobody may start there for a while, by its utility's list
  | 'OUTSIDE_HOURS'
  | 'OTHER_LOCATION' // it is for those of its group of places, and the token is not
  | 'DRIVER_NOT_KNOWN' // it is private, and not his
  | 'RESERVED_BY_OTHER'
  | 'NO_RESERVATION' // one has to reserve, and nobody has now
  | 'SESSIONS_A_DAY' // the driver had as many today as there may be
  | 'PRICE_OTHER'; // what holds here is not what the driver agreed to

export type PlaceRefusal = DomainError<PlaceRefusalCode>;

export interface Asking {
  readonly token: ChargeToken;
  /** Its holder, by his name at this outlet. */
  readonly driver: Uint8Array;
  /** Seconds since 1970, UTC. */
  readonly nowS: number;
  /** How many the driver had on this day of the place. */
  readonly sessionsToday: number;
}

/** What a place lets somebody have. */
export interface Admission {
  /** Nobody pays: what the token is worth does not matter. */
  readonly isFree: boolean;
  /** Whoever holds a token of a member may start by it. */
  readonly isForAnyone: boolean;
  /** Second in which a session has ended at the latest, and how long it lasts at most, seconds. */
  readonly endsS: number;
  readonly lastsS: number;
}

const MS_PER_S = 1_000;
const [MS_PER_MINUTE, MINUTES_A_DAY, DAYS_A_WEEK] = [60_000, 1_440, 7];
/** 1 January 1970 was a Thursday: the fourth of a week that begins on Monday. */
const FIRST_WEEKDAY = 3;

/** Minutes since 1970 on the clock that hangs at the place. */
const localMinutes = (zone: string, nowS: number): number => {
  const nowMs = nowS * MS_PER_S;
  const offsets = resolveZone(zone, nowMs, nowMs);
  // Rules of a zone that nobody knows are not taken.
  const offsetMinutes = offsets.ok ? (offsets.value[0]?.offsetMinutes ?? 0) : 0;
  return Math.floor(nowMs / MS_PER_MINUTE) + offsetMinutes;
};

/** A day of the place, counted from 1970. */
export const localDay = (zone: string, nowS: number): number =>
  Math.floor(localMinutes(zone, nowS) / MINUTES_A_DAY);

const isOpen = (hours: readonly OpenHours[], zone: string, nowS: number): boolean => {
  const minutes = localMinutes(zone, nowS);
  const [day, minute] = [Math.floor(minutes / MINUTES_A_DAY), minutes % MINUTES_A_DAY];
  const opensOn = ({ days }: OpenHours, on: number): boolean =>
    (days & (1 << ((on + FIRST_WEEKDAY) % DAYS_A_WEEK))) !== 0;
  return hours.some((row) => {
    const { fromMinute, untilMinute } = row;
    if (fromMinute < untilMinute) return opensOn(row, day) && minute >= fromMinute && minute < untilMinute;
    return (opensOn(row, day) && minute >= fromMinute) || (opensOn(row, day - 1) && minute < untilMinute);
  });
};

interface Situation extends Asking {
  readonly rules: PlaceRules;
  readonly slots: readonly Slot[];
}

const refuse = (code: PlaceRefusalCode, message: string): PlaceRefusal => ({ code, message });

const isSamePrice = (rules: PlaceRules, { price }: ChargeToken): boolean => {
  const holds = rules.price;
  if (typeof holds === 'string') return true;
  return (
    holds.currency === price.currency &&
    holds.microsPerKWh === price.microsPerKWh &&
    holds.microsPerHour === price.microsPerHour &&
    holds.microsPerSession === price.microsPerSession
  );
};

const isListed = ({ rules, driver }: Situation): boolean => isAmong(rules.drivers, driver);

/** What each check refuses; those that only bound a session, or are the token's own, refuse nothing here. */
const REFUSALS: Readonly<Partial<Record<Check, (situation: Situation) => PlaceRefusal | undefined>>> = {
  hours: ({ rules: { hours, zone }, nowS }) =>
    hours.length === 0 || isOpen(hours, zone, nowS)
      ? undefined
      : refuse('OUTSIDE_HOURS', 'no session begins here at this hour'),
  driver: (situation) =>
    situation.rules.drivers.length === 0 || isListed(situation)
      ? undefined
      : refuse('DRIVER_NOT_KNOWN', 'this outlet is private, and not yours'),
  location: (situation) => {
    const { audience } = situation.token;
    // One for another outlet starts nothing here anyway, and is told so.
    if (audience.kind === 'outlet' && audience.evseId !== situation.rules.evseId) return undefined;
    // A token for the outlet alone does not say that its holder is one of those who share the place.
    const isHere = audience.kind === 'group' && situation.rules.groupIds.includes(audience.groupId);
    // Who is known by name need not show where he may charge.
    return isHere || (situation.rules.kind === 'private' && isListed(situation))
      ? undefined
      : refuse('OTHER_LOCATION', 'the token is not for the group of this place');
  },
  reservation: ({ rules, slots, driver, nowS }) => {
    if (!rules.reservations) return undefined;
    const { whose } = slotAt(slots, driver, nowS);
    if (whose === 'own') return undefined;
    return whose === 'other'
      ? refuse('RESERVED_BY_OTHER', 'another driver has reserved it for now')
      : refuse('NO_RESERVATION', 'reserve it first: it is for who has');
  },
  sessions: ({ rules: { sessionsADay }, sessionsToday }) =>
    sessionsADay === null || sessionsToday < sessionsADay
      ? undefined
      : refuse('SESSIONS_A_DAY', `at most ${sessionsADay} sessions of one driver on a day`),
  price: ({ rules, token }) =>
    isSamePrice(rules, token)
      ? undefined
      : refuse('PRICE_OTHER', 'the price is another one by now: the phone has to go online'),
};

/** Whether a place takes a driver, by its kind and whether anybody pays; what the token is worth is judged after. */
export const admit = (
  rules: PlaceRules,
  slots: readonly Slot[],
  asking: Asking,
): Result<Admission, PlaceRefusal> => {
  const situation = { ...asking, rules, slots };
  const checks = CHECKED[rules.kind][rules.price === 'free' ? 'free' : 'paid'];
  for (const check of checks) {
    const refusal = REFUSALS[check]?.(situation);
    if (refusal !== undefined) return err(refusal);
  }
  const { nowS, token, driver } = asking;
  const slot = slotAt(slots, driver, nowS);
  const isSlotBound = checks.includes('reservation') && rules.reservations && slot.whose === 'own';
  const longestS = checks.includes('longest') ? (rules.longestS ?? Infinity) : Infinity;
  return ok({
    isFree: rules.price === 'free',
    isForAnyone: rules.kind === 'public-all' && rules.price === 'free',
    endsS: isSlotBound ? Math.min(token.expiresS, slot.endsS) : token.expiresS,
    // Where there is a profile, a session is over with it.
    lastsS: Math.min(longestS, rules.profile?.durationS ?? Infinity),
  });
};
