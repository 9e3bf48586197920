import type { driverBookingAnswer, driverReservation } from '@roamgrid/wire';
import type { z } from 'zod';
import { askerWith, type CommonTrouble } from '../asked.ts';
import { speech } from '../words/speech.ts';

/** What the page asks of the driver's own utility about bookings, and how it fails. */

export type Reservation = z.input<typeof driverReservation>;
export type Answer = z.input<typeof driverBookingAnswer>;
export type Offered = Extract<Answer, { outcome: 'offered' }>;
export type Denied = Extract<Answer, { outcome: 'denied' }>;
export type Alternative = Denied['alternatives'][number];

/** What can go wrong, as far as the page has words of its own. */
export type Trouble =
  | CommonTrouble
  | 'CIN_NOT_ACTIVE'
  | 'CIN_NOT_FOUND'
  | 'ISSUER_REFUSED'
  | 'BOOKING_NOT_OFFERED'
  | 'RESERVATIONS_OPEN'
  | 'RATE_NOT_STATED'
  | 'RESERVATION_NOT_FOUND'
  | 'RESERVATION_OVER'
  | 'PARTNER_SILENT';

/** Asks about bookings. @throws SaidByPage in the page's words where it has some; SignedOut when the sign-in is over */
export const askFor = askerWith<Trouble>(() => speech().words.booking.troubles);
