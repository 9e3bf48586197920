import { z } from 'zod';
import {
  compactJws,
  evseId,
  instantMs,
  naturalMicrosCodec,
  powerWCodec,
  recordId,
  utilityId,
} from '../codec/scalars.ts';
import { ledgerErrorCode } from '../ledger/envelope.ts';
import { chargeBody, chargeRecord } from './charge.ts';
import { reservationBody, reservationRecord, reservationUse } from './reservation.ts';

/** Messages about booking ahead: within a utility, and between utilities, alike. */

/** A place on earth, in millionths of a degree: some 11 cm. */
export const place = z.strictObject({
  latitudeE6: z.int().min(-90_000_000).max(90_000_000),
  longitudeE6: z.int().min(-180_000_000).max(180_000_000),
});
export type Place = z.infer<typeof place>;

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

/** `GET /internal/v1/reservations?role=hun|vun&state=&after=&limit=` (role aaa): by the block that last changed each. */
export const reservationPage = z.strictObject({
  items: z.array(shownReservation),
  cursor: z.string(),
});

/** `POST /internal/v1/periods/{periodId}/charges` (role aaa): charges every home utility what is due, and gives the period's notes. */
export const chargeEntry = z.strictObject({ record: chargeRecord, body: chargeBody });
export const chargeRunAnswer = z.strictObject({ charges: z.array(chargeEntry) });
export type ChargeEntry = z.infer<typeof chargeEntry>;

/** A task on a station's servers, as the site's controller plans it. */
export const stationTask = z.strictObject({
  taskId: recordId,
  startMs: instantMs,
  endMs: instantMs,
  powerW: powerWCodec,
  /** It may go on at another station. */
  movable: z.boolean(),
});

/**
 * `PUT /operator/v1/stations/{stationId}/calendar` (roles operator, aaa): what bookings there must know; replaces what was told before.
 * `GET` gives it back, tasks that a booking moved at the station where they go on.
 */
export const stationCalendar = z.strictObject({
  /** What cars and tasks may take together; the outlets' sum, when left out. */
  powerW: powerWCodec.exactOptional(),
  place: place.exactOptional(),
  tasks: z.array(stationTask).max(500),
});
export type StationCalendar = z.infer<typeof stationCalendar>;

/** `GET /operator/v1/reservations?stationId=&fromMs=&untilMs=` (roles operator, aaa): on a time axis. */
export const bookedSpans = z.strictObject({
  items: z.array(z.strictObject({ record: reservationRecord, hun: utilityId, evseId })),
});
