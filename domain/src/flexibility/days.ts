import { err, ok, type DomainError, type Result } from '../result/index.ts';

/**
 * Which days say what a house would have taken. Spec: the ten-in-ten customer load baseline of the California ISO (tariff 4.13.4.1), which
 * AEMO's wholesale demand response takes over as "10 of 10": on a workday the ten latest workdays of the last 45 days, five at least; on
 * another day the four latest of those. Days with an event and holidays are no workdays like others.
 */

export const DAY_MS = 86_400_000;
const LOOK_BACK_MS = 45 * DAY_MS;
/** Readings have to be recorded this far before an event is called: who keeps back his last days gets no baseline. */
const LATEST_MS = 3 * DAY_MS;

const WORKDAYS = { wanted: 10, least: 5 } as const;
const OTHER_DAYS = { wanted: 4, least: 4 } as const;

/** How instants become days: one offset from UTC all year, as settlement counts; clocks that change move no meter's day. */
export interface DayRules {
  readonly dayOffsetMinutes: number;
  /** As `2026-12-25`. */
  readonly holidays: readonly string[];
}

/** A day whose readings are recorded; by its first instant. */
export interface RecordedDay {
  readonly dayMs: number;
  readonly recordedAtMs: number;
}

/** An event as it was called; `untilMs` is without. */
export interface CalledEvent {
  readonly eventId: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly calledAtMs: number;
  /** What was called for: more is not paid. */
  readonly reductionW: bigint;
}

export type NoBaseline = DomainError<
  | 'TOO_FEW_DAYS' // fewer like days than the method needs
  | 'READINGS_LATE' // the latest days were not recorded when the event was called
>;

const localMs = (atMs: number, { dayOffsetMinutes }: DayRules): number => atMs + dayOffsetMinutes * 60_000;

/** The first instant of the day that an instant lies in. */
export const dayOf = (atMs: number, rules: DayRules): number => {
  const local = localMs(atMs, rules);
  return atMs - (((local % DAY_MS) + DAY_MS) % DAY_MS);
};

/** Monday to Friday, and no holiday. */
export const isWorkday = (dayMs: number, rules: DayRules): boolean => {
  const date = new Date(localMs(dayMs, rules));
  const weekday = date.getUTCDay();
  return weekday > 0 && weekday < 6 && !rules.holidays.includes(date.toISOString().slice(0, 10));
};

const isTouched = (dayMs: number, events: readonly CalledEvent[]): boolean =>
  events.some(({ fromMs, untilMs }) => fromMs < dayMs + DAY_MS && dayMs < untilMs);

/** Days that an event's baseline is made of, the latest first: what was recorded when it was called is what counts. */
export const baselineDays = (
  event: CalledEvent,
  recorded: readonly RecordedDay[],
  events: readonly CalledEvent[],
  rules: DayRules,
): Result<readonly number[], NoBaseline> => {
  const dayMs = dayOf(event.fromMs, rules);
  const known = recorded
    .filter((day) => day.dayMs < dayMs && day.recordedAtMs < event.calledAtMs)
    .map((day) => day.dayMs)
    .sort((one, other) => other - one);
  const [latest] = known;
  if (latest !== undefined && latest + DAY_MS < event.calledAtMs - LATEST_MS)
    return err({
      code: 'READINGS_LATE',
      message: `when ${event.eventId} was called, readings were recorded until ${latest + DAY_MS} only`,
    });
  const isWork = isWorkday(dayMs, rules);
  const { wanted, least } = isWork ? WORKDAYS : OTHER_DAYS;
  const like = known.filter(
    (each) =>
      each >= dayMs - LOOK_BACK_MS &&
      isWorkday(each, rules) === isWork &&
      !isTouched(each, [...events, event]),
  );
  if (like.length < least)
    return err({
      code: 'TOO_FEW_DAYS',
      message: `${event.eventId} has ${like.length} days like its own before it, and needs ${least}`,
    });
  return ok(like.slice(0, wanted));
};
