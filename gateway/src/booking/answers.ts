import {
  freeOutlet,
  type Booked,
  type BookingAnswer as Decision,
  type BookingRequest,
  type Interval,
  type Move,
  type Station,
} from '@roamgrid/domain/power';
import type { BookingAnswer, BookingQuestion, ReservationWish } from '@roamgrid/wire';
import type { CalendarContext } from './calendar.ts';
import type { Decided } from './form.ts';

/** What a decision becomes: an answer to the driver, or something to book. */

interface Block {
  readonly stations: readonly Station[];
  readonly intervals: readonly Interval[];
}

const WHY: Readonly<Record<Extract<Decision, { outcome: 'denied' }>['why'], string>> = {
  STATION_UNKNOWN: 'There is no such station here, or it has no price that is agreed with your utility.',
  SPAN_INVALID: 'The time or the power that was asked for is none.',
  OUTLET_TAKEN: 'Every outlet of the station is booked then.',
  POWER_TAKEN: 'The station has no power left then.',
};

type Alternative = Extract<Decision, { outcome: 'denied' }>['alternatives'][number];

const alternativeOf = ({ registry, utilityId }: CalendarContext, each: Alternative) => {
  const { distanceM, travelMs, priceMicros } = each;
  const stationName = registry.station(utilityId, each.stationId)?.name ?? each.stationId;
  return { ...spanOf(each), stationName, distanceM, travelMs, priceMicros };
};

/** The answer to a wish that is not booked. */
export const answerOf = (context: CalendarContext, decision: Decision): BookingAnswer => {
  const alternatives =
    'alternatives' in decision ? decision.alternatives.map((each) => alternativeOf(context, each)) : [];
  if (decision.outcome === 'partial') {
    const { offer, durationMs, priceMicros } = decision;
    return { outcome: 'offered', offer: { ...spanOf(offer), durationMs, priceMicros }, alternatives };
  }
  const why = decision.outcome === 'denied' ? decision.why : 'OUTLET_TAKEN';
  return { outcome: 'denied', why, message: WHY[why], alternatives };
};

const spanOf = ({ stationId, startMs, endMs, powerW }: Booked) => ({
  stationId,
  fromMs: startMs,
  untilMs: endMs,
  powerW,
});

export const refusedAnswer = (
  code: NonNullable<Extract<BookingAnswer, { outcome: 'denied' }>['code']>,
  message: string,
): BookingAnswer => ({ outcome: 'denied', why: 'REFUSED', code, message, alternatives: [] });

/** What a decision books now: an offer only when the driver has taken it. */
export const takenOf = (
  decision: Decision,
  { slow }: BookingQuestion,
):
  | { readonly booked: Booked; readonly moves: readonly Move[]; readonly outcome: Decided['outcome'] }
  | undefined => {
  if (decision.outcome === 'granted')
    return {
      booked: decision.booked,
      moves: [],
      outcome: decision.afterTasks.length > 0 ? 'after-task' : 'granted',
    };
  if (decision.outcome === 'moved') return { ...decision, outcome: 'moved' };
  return decision.outcome === 'partial' && slow === 'take'
    ? { booked: decision.offer, moves: [], outcome: 'partial' }
    : undefined;
};

export const decidedOf = (
  { wish, request }: { readonly wish: ReservationWish; readonly request: BookingRequest },
  { booked, outcome }: NonNullable<ReturnType<typeof takenOf>>,
  { stations, intervals }: Block,
): Decided | undefined => {
  const station = stations.find(({ stationId }) => stationId === request.stationId);
  // What is slower ends by what home signed for at the latest.
  const untilMs = Math.min(booked.endMs, wish.untilMs + wish.patienceMs);
  const evseId = station && freeOutlet(intervals, station, booked.startMs, untilMs);
  return evseId === undefined
    ? undefined
    : { outcome, evseId, fromMs: booked.startMs, untilMs, powerW: booked.powerW };
};
