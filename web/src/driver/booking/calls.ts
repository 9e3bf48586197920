import type { driverBookingAnswer, driverReservation, Problem } from '@roamgrid/wire';
import type { z } from 'zod';
import { SaidByPage } from '../../shared/load.ts';
import type { Ask } from '../sign-in.ts';
import { speech } from '../words/speech.ts';

/** What the page asks of the driver's own utility about bookings, and how it fails. */

export type Reservation = z.input<typeof driverReservation>;
export type Answer = z.input<typeof driverBookingAnswer>;
export type Offered = Extract<Answer, { outcome: 'offered' }>;
export type Denied = Extract<Answer, { outcome: 'denied' }>;
export type Alternative = Denied['alternatives'][number];

/** What can go wrong, as far as the page has words of its own. */
const TROUBLES = [
  'CIN_NOT_ACTIVE',
  'CIN_NOT_FOUND',
  'ISSUER_REFUSED',
  'BOOKING_NOT_OFFERED',
  'RESERVATIONS_OPEN',
  'RATE_NOT_STATED',
  'RESERVATION_NOT_FOUND',
  'RESERVATION_OVER',
  'PARTNER_SILENT',
  'UNAVAILABLE',
  'UNAUTHENTICATED',
  'NO_ANSWER',
] as const;
export type Trouble = (typeof TROUBLES)[number];

const isTrouble = (code: string): code is Trouble => TROUBLES.some((each) => each === code);
const troubled = (trouble: Trouble) => new SaidByPage(() => speech().words.booking.troubles[trouble]);

/** Nobody is signed in any more. */
export class SignedOut extends SaidByPage {
  override readonly name = 'SignedOut';
}

/**
 * Asks, and gives what was answered.
 * @throws SaidByPage in the page's words where it has some; SignedOut when the sign-in is over
 */
export const askFor = async <T>(ask: Ask, ...told: Parameters<Ask>): Promise<T> => {
  let response: Response;
  try {
    response = await ask(...told);
  } catch (cause) {
    // A challenge is thrown, too. Spec: RFC 9110 §11.6.1.
    if (cause instanceof Error && cause.name === 'WWWAuthenticateChallengeError') throw over();
    throw troubled('NO_ANSWER');
  }
  if (response.status === 401) throw over();
  if (response.ok) return (await response.json()) as T;
  const { code = '', detail = '' } = (await response.json().catch(() => ({}))) as Partial<Problem>;
  if (isTrouble(code)) throw troubled(code);
  throw detail === '' ? troubled('UNAVAILABLE') : new Error(detail);
};

const over = () => new SignedOut(() => speech().words.booking.troubles.UNAUTHENTICATED);
