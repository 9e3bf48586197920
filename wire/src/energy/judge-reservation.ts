import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import type { AgreementRecord, AgreementTerms, UtilityRecord } from '../ledger/consortium.ts';
import { keysAbout } from '../ledger/dated-keys.ts';
import { LEDGER_LIMITS, type LedgerErrorCode } from '../ledger/envelope.ts';
import { activeAt, inForceAt, outletAt, stationActiveAt } from '../ledger/registry-time.ts';
import type { StationRecord } from '../ledger/station-record.ts';
import { DOCUMENT_TYPE, openDatedDocument } from '../signature/document.ts';
import { BOOKING_LIMITS, type BookingTerms } from './booking-terms.ts';
import {
  reservationWish,
  slotsOf,
  type ReservationBody,
  type ReservationRecord,
  type ReservationWish,
} from './reservation.ts';

/**
 * What may be granted of a wish: within what home signed and what the two agreed. The charging utility asks before it answers,
 * and both contracts ask when it is recorded. Whether the outlet is free is another question, which the ledger answers.
 */

export interface ReservationGround {
  readonly channel: string;
  readonly nowMs: number;
  readonly agreement: AgreementRecord;
  readonly terms: AgreementTerms;
  readonly hun: UtilityRecord;
  readonly station: StationRecord;
}

export type ReservationClaim = Pick<
  ReservationRecord,
  'reservationId' | 'agreementId' | 'vun' | 'hun' | 'evseId' | 'fromMs' | 'untilMs'
>;

export type ReservationFault = DomainError<LedgerErrorCode>;

const fault = (code: LedgerErrorCode, message: string): ReservationFault => ({ code, message });

/** A wish is answered while the driver waits. */
const MAX_WISH_MS = 3_600_000;
const SKEW_MS = LEDGER_LIMITS.clockSkewMs;

const wishFault = (
  wish: ReservationWish,
  claim: ReservationClaim,
  { channel, nowMs, hun }: ReservationGround,
): ReservationFault | undefined => {
  if (
    wish.iss !== claim.hun ||
    wish.aud !== claim.vun ||
    wish.channel !== channel ||
    wish.agreementId !== claim.agreementId ||
    wish.reservationId !== claim.reservationId
  )
    return fault('BAD_SIGNATURE', 'the wish is for another reservation, channel, pair or agreement');
  if (!activeAt(hun, wish.issuedAtMs - SKEW_MS))
    return fault('WRONG_STATE', `${hun.utilityId} took part in nothing new when it signed the wish`);
  if (wish.issuedAtMs > nowMs + SKEW_MS) return fault('EXPIRED', 'the wish is dated ahead');
  if (nowMs > Math.min(wish.validUntilMs, wish.issuedAtMs + MAX_WISH_MS))
    return fault('EXPIRED', 'the wish has run out: sign it anew');
  return undefined;
};

const spanFault = (
  wish: ReservationWish,
  { fromMs, untilMs }: ReservationClaim,
  booking: BookingTerms,
  { nowMs, agreement }: ReservationGround,
): ReservationFault | undefined => {
  const { slots, slotMs } = BOOKING_LIMITS;
  const isOfLength = fromMs < untilMs && untilMs - fromMs <= slots * slotMs;
  if (!isOfLength || slotsOf(fromMs, untilMs).length > slots)
    return fault('INVALID_ARGUMENT', `a reservation touches 1 to ${slots} quarter-hours`);
  if (fromMs < wish.fromMs) return fault('BAD_SIGNATURE', 'it begins before the time that home asked for');
  if (untilMs > wish.untilMs + wish.patienceMs)
    return fault('BAD_SIGNATURE', 'it ends later than home asked for');
  // So it begins within the driver's patience, too.
  if (untilMs - fromMs < wish.untilMs - wish.fromMs)
    return fault('BAD_SIGNATURE', 'it is shorter than home asked for');
  if (untilMs <= nowMs || fromMs < nowMs - BOOKING_LIMITS.slotMs)
    return fault('EXPIRED', 'nothing is booked for the past');
  const horizonMs = booking.horizonMs[wish.loyalty];
  if (fromMs - nowMs > horizonMs)
    return fault(
      'OUTSIDE_AGREEMENT',
      `level ${wish.loyalty} books ${horizonMs} ms ahead at most: ask again later`,
    );
  if (!inForceAt(agreement, fromMs))
    return fault('EXPIRED', `agreement ${agreement.agreementId} is not in force when it begins`);
  return undefined;
};

const placeFault = (
  wish: ReservationWish,
  body: ReservationBody,
  { evseId, fromMs }: ReservationClaim,
  { station, nowMs }: ReservationGround,
): ReservationFault | undefined => {
  if (body.stationId !== station.stationId || wish.stationId !== station.stationId)
    return fault('BAD_SIGNATURE', 'home asked for another station');
  if (wish.evseId !== undefined && wish.evseId !== evseId)
    return fault('BAD_SIGNATURE', 'home asked for another outlet');
  const outlet = outletAt(station, evseId, fromMs);
  if (outlet === undefined) return fault('NOT_FOUND', `station ${station.stationId} has no outlet ${evseId}`);
  if (!stationActiveAt(station, nowMs))
    return fault('WRONG_STATE', `station ${station.stationId} is ${station.status}`);
  if (body.powerW > wish.powerW || body.powerW < wish.leastW)
    return fault('BAD_SIGNATURE', `${body.powerW} W are not what the driver accepts`);
  if (body.powerW > outlet.maxPowerW)
    return fault('INVALID_ARGUMENT', `${evseId} gives ${outlet.maxPowerW} W at most`);
  if ((body.outcome === 'partial') !== body.powerW < wish.powerW)
    return fault('INVALID_ARGUMENT', 'what is slower than the wish is a partial grant, and nothing else is');
  return undefined;
};

const amountsFault = (
  wish: ReservationWish,
  body: ReservationBody,
  { fromMs, untilMs }: ReservationClaim,
  { terms, booking }: { readonly terms: AgreementTerms; readonly booking: BookingTerms },
): ReservationFault | undefined => {
  const feeMicros = booking.feeMicros[wish.loyalty];
  const noShowMicros = booking.noShowMicros[wish.loyalty];
  if (body.currency !== terms.currency || wish.currency !== terms.currency)
    return fault('OUTSIDE_AGREEMENT', `the agreement is in ${terms.currency}`);
  if (body.feeMicros !== feeMicros || body.noShowMicros !== noShowMicros)
    return fault(
      'OUTSIDE_AGREEMENT',
      `level ${wish.loyalty} owes ${feeMicros} micros, and ${noShowMicros} when nobody comes`,
    );
  if (feeMicros > wish.feeMicros || noShowMicros > wish.noShowMicros)
    return fault('OVER_CAP', 'home signed for less than it would owe');
  if (
    body.freeUntilMs !== fromMs - booking.freeCancelMs ||
    body.holdUntilMs !== Math.min(untilMs, fromMs + booking.holdMs)
  )
    return fault('OUTSIDE_AGREEMENT', 'freeUntilMs or holdUntilMs is not as agreed');
  return undefined;
};

/** Judges what is granted of a wish; gives the wish as home signed it. */
export const judgeReservation = async (
  claim: ReservationClaim,
  body: ReservationBody,
  ground: ReservationGround,
): Promise<Result<ReservationWish, ReservationFault>> => {
  const { terms, hun } = ground;
  if (terms.booking === undefined)
    return err(fault('OUTSIDE_AGREEMENT', `agreement ${terms.agreementId} says nothing of booking`));
  if (body.reservationId !== claim.reservationId)
    return err(fault('INVALID_ARGUMENT', 'the body is of another reservation'));
  const opened = await openDatedDocument(
    reservationWish,
    DOCUMENT_TYPE.reservation,
    body.wish,
    hun.signingKeys,
    ({ issuedAtMs }) => issuedAtMs,
    keysAbout,
  );
  if (!opened.ok) return err(fault('BAD_SIGNATURE', `wish: ${opened.error.code}: ${opened.error.message}`));
  const wish = opened.value;
  const wrong =
    wishFault(wish, claim, ground) ??
    spanFault(wish, claim, terms.booking, ground) ??
    placeFault(wish, body, claim, ground) ??
    amountsFault(wish, body, claim, { terms, booking: terms.booking });
  return wrong === undefined ? ok(wish) : err(wrong);
};
