import { randomBytes } from 'node:crypto';
import {
  bookingCommands,
  canonicalText,
  reservationBody,
  sealBody,
  type AgreementTerms,
  type BookingTerms,
  type ReservationBody,
  type ReservationOutcome,
  type ReservationWish,
} from '@roamgrid/wire';
import type { LedgerCommand } from '../ledger/ledger.ts';

/** What was decided of a wish. */
export interface Decided {
  readonly outcome: ReservationOutcome;
  readonly evseId: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly powerW: bigint;
}

export interface GrantGround {
  readonly terms: AgreementTerms;
  readonly booking: BookingTerms;
  readonly termsText: string;
  readonly endorsers: readonly string[];
}

export const bodyOf = (
  wish: ReservationWish,
  signed: string,
  { outcome, fromMs, untilMs, powerW }: Decided,
  { terms, booking }: GrantGround,
): ReservationBody => ({
  reservationId: wish.reservationId,
  wish: signed,
  outcome,
  stationId: wish.stationId,
  powerW,
  currency: terms.currency,
  feeMicros: booking.feeMicros[wish.loyalty],
  noShowMicros: booking.noShowMicros[wish.loyalty],
  freeUntilMs: fromMs - booking.freeCancelMs,
  holdUntilMs: Math.min(untilMs, fromMs + booking.holdMs),
  salt: randomBytes(32).toString('hex'),
});

/** The command that books an outlet, with a fresh id: whatever becomes of an earlier try, one reservation has one record. */
export const grantCommand = (
  wish: ReservationWish,
  body: ReservationBody,
  { evseId, fromMs, untilMs }: Decided,
  { termsText, endorsers }: GrantGround,
): LedgerCommand => {
  const sealed = sealBody(reservationBody, body);
  return {
    contract: 'booking',
    transaction: 'grant',
    argument: canonicalText(bookingCommands.grant, {
      commandId: `grant-${randomBytes(16).toString('hex')}`,
      reservationId: wish.reservationId,
      agreementId: wish.agreementId,
      vun: wish.aud,
      hun: wish.iss,
      evseId,
      fromMs,
      untilMs,
      bodyHash: sealed.hash,
    }),
    transient: { body: sealed.text, terms: termsText },
    endorsers,
    role: 'aaa',
  };
};
