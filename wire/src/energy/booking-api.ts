import { z } from 'zod';
import {
  cinRef,
  compactJws,
  currencyCode,
  energyWhCodec,
  evseId,
  instantMs,
  naturalMicrosCodec,
  powerWCodec,
  recordId,
  utilityId,
} from '../codec/scalars.ts';
import { loyaltyLevel } from '../ledger/consortium.ts';
import { ledgerErrorCode } from '../ledger/envelope.ts';
import { sessionId } from '../ledger/lane.ts';
import { exchange } from '../roaming/exchange.ts';
import { flexSettlementBody, flexSettlementRecord } from './flexibility.ts';
import { allocationHeader, allocationRecord } from './allocation.ts';
import { chargeBody, chargeRecord } from './charge.ts';
import { siteThingId } from './power-model.ts';
import {
  reservationBody,
  reservationOutcome,
  reservationRecord,
  reservationState,
  reservationUse,
  reservationWish,
} from './reservation.ts';

/** Messages about booking ahead: within a utility, and between utilities, alike. */

/** A place on earth, in millionths of a degree: some 11 cm. */
export const place = z.strictObject({
  latitudeE6: z.int().min(-90_000_000).max(90_000_000),
  longitudeE6: z.int().min(-180_000_000).max(180_000_000),
});
export type Place = z.infer<typeof place>;

/** Between two places of which one is not known: half the earth's circumference, so that it comes last. In metres. */
export const UNKNOWN_DISTANCE_M = 20_015_115;

export const rankBy = z.enum(['distance', 'travel', 'price', 'time']);

/**
 * A wish as it travels: driver's AAA node → own router (`POST /router/v1/reservations`) → AAA node of the station's utility
 * (`POST /roaming/v1/reservations`) → its gateway (`POST /internal/v1/reservations`). Told again under the same id it gets the
 * reservation that was made.
 */
export const bookingQuestion = z.strictObject({
  /** Signed `reservationWish`. */
  wish: compactJws,
  /** From where distances count; from the wished station, when left out. Not kept. */
  from: place.exactOptional(),
  /** How alternatives are ranked: by the first, at a tie by the next. */
  rankBy: z.array(rankBy).max(4).exactOptional(),
  /** What becomes of a part that is less than the wish, but not less than its `leastW`: shown to the driver first, or booked. */
  slow: z.enum(['offer', 'take']),
});
export type BookingQuestion = z.infer<typeof bookingQuestion>;

const span = {
  stationId: recordId,
  fromMs: instantMs,
  untilMs: instantMs,
  powerW: powerWCodec,
} as const;

export const bookingAlternative = z.strictObject({
  ...span,
  stationName: z.string(),
  distanceM: z.int().min(0),
  travelMs: z.int().min(0),
  /** Of the energy that is needed, by the highest energy price that can apply, before tax. */
  priceMicros: naturalMicrosCodec,
});

export const shownReservation = z.strictObject({
  record: reservationRecord,
  /** Where this utility is a party. */
  body: reservationBody.exactOptional(),
  use: reservationUse.exactOptional(),
});
export type ShownReservation = z.infer<typeof shownReservation>;

export const bookingAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('booked'), reservation: shownReservation }),
  /** Slow charging, which the driver takes or leaves; nothing is kept for him until then. */
  z.strictObject({
    outcome: z.literal('offered'),
    offer: z.strictObject({ ...span, durationMs: z.int().min(1), priceMicros: naturalMicrosCodec }),
    alternatives: z.array(bookingAlternative),
  }),
  z.strictObject({
    outcome: z.literal('denied'),
    why: z.enum([
      'STATION_UNKNOWN',
      'SPAN_INVALID',
      'OUTLET_TAKEN',
      'POWER_TAKEN', // tasks or other cars have it
      'REFUSED', // by the agreement or what home signed; `code` says by which rule
    ]),
    code: ledgerErrorCode.exactOptional(),
    message: z.string(),
    alternatives: z.array(bookingAlternative),
  }),
]);
export type BookingAnswer = z.infer<typeof bookingAnswer>;

/** `POST /internal/v1/reservations/{reservationId}/cancel` (role aaa of either party): gives it back; told again, the same. */

/** `GET /internal/v1/reservations?role=hun|vun&state=&cinRef=&after=&limit=` (role aaa): by the block that last changed each; `cinRef` may stand several times. */
export const reservationPage = z.strictObject({
  items: z.array(shownReservation),
  cursor: z.string(),
});

/** `GET /internal/v1/given?after=&limit=` (role aaa): batches in which cars of own customers gave something, by the block that last changed each. */
export const givenBatch = z.strictObject({ record: allocationRecord, header: allocationHeader });
export type GivenBatch = z.infer<typeof givenBatch>;
/** `GET /internal/v1/house-days?after=&limit=` (role aaa): the same of own customers' houses. */
export const settledHouseDay = z.strictObject({ record: flexSettlementRecord, body: flexSettlementBody });
export type SettledHouseDay = z.infer<typeof settledHouseDay>;
export const houseDayPage = z.strictObject({ items: z.array(settledHouseDay), cursor: z.string() });
export const givenPage = z.strictObject({ items: z.array(givenBatch), cursor: z.string() });

/** `POST /internal/v1/periods/{periodId}/charges` (role aaa): charges every home utility what is due, and gives the period's notes. */
export const chargeEntry = z.strictObject({ record: chargeRecord, body: chargeBody });
export const chargeRunAnswer = z.strictObject({ charges: z.array(chargeEntry) });
export type ChargeEntry = z.infer<typeof chargeEntry>;

/** Both amounts in the currency of the customer's account, by the rate that home fixed; they are billed so. */
export const exchangedFees = z.strictObject({
  ...exchange.shape,
  feeMicros: naturalMicrosCodec,
  noShowMicros: naturalMicrosCodec,
});

/** What became of a customer's reservation, as he sees it. */
export const driverReservation = z.strictObject({
  reservationId: recordId,
  vun: utilityId,
  stationId: recordId,
  evseId,
  fromMs: instantMs,
  untilMs: instantMs,
  state: reservationState,
  outcome: reservationOutcome,
  powerW: powerWCodec,
  currency: currencyCode,
  /** When it is used, and when nobody comes. */
  feeMicros: naturalMicrosCodec,
  noShowMicros: naturalMicrosCodec,
  /** Until then it is cancelled for nothing. */
  freeUntilMs: instantMs,
  /** So long the outlet waits. */
  holdUntilMs: instantMs,
  sessionId: sessionId.exactOptional(),
  exchanged: exchangedFees.exactOptional(),
});
export type DriverReservation = z.infer<typeof driverReservation>;

/** `POST /driver/v1/reservations` (token of scope booking): the same request id gets the same reservation. */
export const driverBookingRequest = z.strictObject({
  requestId: recordId,
  cinRef,
  /** Utility of the station. */
  vun: utilityId,
  stationId: recordId,
  evseId: evseId.exactOptional(),
  fromMs: instantMs,
  untilMs: instantMs,
  patienceMs: reservationWish.shape.patienceMs,
  powerW: powerWCodec,
  leastW: powerWCodec,
  needWh: energyWhCodec,
  from: place.exactOptional(),
  rankBy: bookingQuestion.shape.rankBy,
  /** `take` accepts what was offered: with the offer's times, and its power as the least. */
  slow: bookingQuestion.shape.slow,
});
export type DriverBookingRequest = z.infer<typeof driverBookingRequest>;

const [, offeredAnswer, deniedAnswer] = bookingAnswer.options;
export const driverBookingAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('booked'), reservation: driverReservation }),
  offeredAnswer,
  deniedAnswer,
]);
export type DriverBookingAnswer = z.infer<typeof driverBookingAnswer>;
/** `GET /driver/v1/reservations` */
export const driverReservations = z.strictObject({ reservations: z.array(driverReservation) });
/** `GET /driver/v1/booking-terms/{vun}`: by the customer's level. */
export const driverBookingTerms = z.strictObject({
  vun: utilityId,
  currency: currencyCode,
  loyalty: loyaltyLevel,
  feeMicros: naturalMicrosCodec,
  noShowMicros: naturalMicrosCodec,
  /** By the rate in force: a wish that is made now fixes it. */
  exchanged: exchangedFees.exactOptional(),
  horizonMs: z.int().min(0),
  freeCancelMs: z.int().min(0),
  holdMs: z.int().min(1),
});

/** A station at which this utility's customers may book. */
export const bookingPlace = z.strictObject({
  vun: utilityId,
  stationId: recordId,
  name: z.string(),
  address: z.string(),
  /** IANA name. */
  timeZone: z.string(),
  outlets: z.array(z.strictObject({ evseId, maxPowerW: powerWCodec })),
});
export type BookingPlace = z.infer<typeof bookingPlace>;

/** Stations in one answer; who looks for another one says more of its name. */
export const BOOKING_PLACES = 50;

/**
 * `GET /internal/v1/booking-places?search=` (role aaa) and `GET /driver/v1/booking-places?search=`: stations of utilities with which something can
 * be booked, whose name, address or id has the text, by name; the first {@link BOOKING_PLACES} of them.
 */
export const bookingPlaces = z.strictObject({ places: z.array(bookingPlace), isMore: z.boolean() });
export type BookingPlaces = z.infer<typeof bookingPlaces>;

/** `GET /driver/v1/booking-cards`: with which a driver books. */
export const bookingCards = z.strictObject({
  cards: z.array(
    z.strictObject({
      cinRef,
      /** As printed on the card. */
      printed: z.string(),
      state: z.enum(['active', 'blocked', 'lost']),
    }),
  ),
});

/** What is looked for in places. */
export const bookingSearch = z.strictObject({ search: z.string().max(100).default('') });

/** A task on a station's servers, as the site's controller plans it; or a time for which somebody at the station has power. */
export const stationTask = z.strictObject({
  taskId: recordId,
  startMs: instantMs,
  endMs: instantMs,
  powerW: powerWCodec,
  /** It may go on at another station. */
  movable: z.boolean(),
  /** The site whose controller keeps it; none of what an operator wrote. */
  by: siteThingId.exactOptional(),
  /** A booking has it go on at another station from then on. Told by the gateway; what a writer says of it is not taken. */
  movesTo: z.strictObject({ stationId: recordId, fromMs: instantMs }).exactOptional(),
});
export type StationTask = z.infer<typeof stationTask>;

/** Most tasks in a station's calendar. */
export const CALENDAR_TASKS = 500;

/**
 * `GET /operator/v1/stations/{stationId}/calendar` (roles operator, aaa): what bookings there must know, tasks that a booking moved also
 * at the station where they go on. `PUT` replaces it, when `version` is still the one that holds: nobody overwrites what he has not seen.
 */
export const stationCalendar = z.strictObject({
  /** Grows by each change; 0 where nothing was told. */
  version: z.int().min(0),
  /** What cars and tasks may take together; the outlets' sum, when left out. */
  powerW: powerWCodec.exactOptional(),
  place: place.exactOptional(),
  tasks: z.array(stationTask).max(CALENDAR_TASKS),
});
export type StationCalendar = z.infer<typeof stationCalendar>;

/** `GET /operator/v1/reservations?stationId=&fromMs=&untilMs=` (roles operator, aaa): on a time axis. */
export const bookedSpans = z.strictObject({
  items: z.array(z.strictObject({ record: reservationRecord, hun: utilityId, evseId })),
});
