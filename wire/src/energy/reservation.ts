import { z } from 'zod';
import {
  channelName,
  cinRef,
  compactJws,
  currencyCode,
  energyWhCodec,
  evseId,
  instantMs,
  naturalMicrosCodec,
  powerWCodec,
  recordId,
  salt,
  sha256Hex,
  utilityId,
} from '../codec/scalars.ts';
import { loyaltyLevel } from '../ledger/consortium.ts';
import { sessionId } from '../ledger/lane.ts';
import { payloadOf } from '../signature/jws.ts';
import { BOOKING_LIMITS } from './booking-terms.ts';

/** Booking ahead between two utilities: the wish that home signs, what was granted of it, and what became of that. */

/**
 * A driver's wish, signed by the home utility: it pays what the wish allows, so the charging utility can grant nothing that
 * home did not ask for. JWS payload, `typ: "roamgrid-reservation+jwt"`, key from the ledger's registry.
 */
export const reservationWish = z.strictObject({
  iss: utilityId,
  aud: utilityId,
  channel: channelName,
  reservationId: recordId,
  agreementId: recordId,
  cinRef,
  loyalty: loyaltyLevel,
  stationId: recordId,
  /** One outlet of it; any, when left out. */
  evseId: evseId.exactOptional(),
  fromMs: instantMs,
  untilMs: instantMs,
  /** So much later it may begin, and end. */
  patienceMs: z.int().min(0).max(3_600_000),
  /** What the car takes, and the least that the driver accepts. */
  powerW: powerWCodec,
  leastW: powerWCodec,
  needWh: energyWhCodec,
  currency: currencyCode,
  /** What home pays when it is used, and when nobody comes. */
  feeMicros: naturalMicrosCodec,
  noShowMicros: naturalMicrosCodec,
  issuedAtMs: instantMs,
  validUntilMs: instantMs,
});
export type ReservationWish = z.infer<typeof reservationWish>;

/** What a wish says, unverified: to find whose key verifies it, which way it goes, or, of one that was granted, whose it is. */
export const statedWish = (jws: string): ReservationWish | undefined => {
  const read = z.safeDecode(reservationWish, payloadOf(jws) as z.input<typeof reservationWish>);
  return read.success ? read.data : undefined;
};

/** How a wish was met. */
export const reservationOutcome = z.enum(['granted', 'after-task', 'moved', 'partial']);
export type ReservationOutcome = z.infer<typeof reservationOutcome>;

/** What only the two utilities know, in both implicit collections under `reservation:<id>`. */
export const reservationBody = z.strictObject({
  reservationId: recordId,
  /** Signed {@link reservationWish}. */
  wish: compactJws,
  outcome: reservationOutcome,
  stationId: recordId,
  powerW: powerWCodec,
  currency: currencyCode,
  feeMicros: naturalMicrosCodec,
  noShowMicros: naturalMicrosCodec,
  /** Until then it is cancelled for nothing; by the terms. */
  freeUntilMs: instantMs,
  /** From then on nobody came, unless it was granted late ({@link waitsUntilMs}); by the terms. */
  holdUntilMs: instantMs,
  salt,
});
export type ReservationBody = z.infer<typeof reservationBody>;

export const reservationState = z.enum([
  'granted',
  'used', // by the session that its end names
  'cancelled', // in time, or by the charging utility
  'cancelled-late',
  'no-show',
  'expired', // its time is over and nobody said what became of it: nothing is owed
]);
export type ReservationState = z.infer<typeof reservationState>;

/** What the channel sees: which outlet is taken when, between whom. */
export const reservationRecord = z.strictObject({
  type: z.literal('reservation'),
  version: z.int().min(1),
  reservationId: recordId,
  agreementId: recordId,
  vun: utilityId,
  hun: utilityId,
  evseId,
  fromMs: instantMs,
  untilMs: instantMs,
  state: reservationState,
  bodyHash: sha256Hex,
  /** Of the {@link reservationUse} of a used one. */
  useHash: sha256Hex.exactOptional(),
  /** Times of the transactions. */
  grantedAtMs: instantMs,
  changedAtMs: instantMs,
  /** The charge note that it stands on. */
  chargeId: recordId.exactOptional(),
});
export type ReservationRecord = z.infer<typeof reservationRecord>;

/** Which session a reservation became, private to the two: on the channel no session has a place. */
export const reservationUse = z.strictObject({ reservationId: recordId, sessionId, salt });
export type ReservationUse = z.infer<typeof reservationUse>;

/** A quarter-hour of an outlet, for whom it is kept; for nobody when what was booked is over or was cancelled. */
export const slotRecord = z.strictObject({
  type: z.literal('slot'),
  version: z.int().min(1),
  evseId,
  slotMs: instantMs,
  reservationId: recordId.exactOptional(),
});
export type SlotRecord = z.infer<typeof slotRecord>;

/** Starts of the quarter-hours that a span touches, ascending; of an empty span none. */
export const slotsOf = (fromMs: number, untilMs: number): readonly number[] => {
  const slots: number[] = [];
  for (
    let slotMs = fromMs - (fromMs % BOOKING_LIMITS.slotMs);
    slotMs < untilMs;
    slotMs += BOOKING_LIMITS.slotMs
  )
    slots.push(slotMs);
  return fromMs < untilMs ? slots : [];
};

/** Whether a session that opened then is one that the reservation was for. */
export const isInTime = (
  { fromMs, untilMs }: Pick<ReservationRecord, 'fromMs' | 'untilMs'>,
  openedAtMs: number,
): boolean => fromMs - BOOKING_LIMITS.earlyMs <= openedAtMs && openedAtMs < untilMs;

/** Until when its outlet waits for the driver: as long as was agreed, counted from the grant when that came after the start. */
export const waitsUntilMs = (
  { fromMs, untilMs, grantedAtMs }: Pick<ReservationRecord, 'fromMs' | 'untilMs' | 'grantedAtMs'>,
  { holdUntilMs }: Pick<ReservationBody, 'holdUntilMs'>,
): number => Math.max(holdUntilMs, Math.min(untilMs, grantedAtMs + holdUntilMs - fromMs));

/** What is owed for a reservation as it stands, in micros of its currency. */
export const owedFor = (
  { state }: Pick<ReservationRecord, 'state'>,
  { feeMicros, noShowMicros }: Pick<ReservationBody, 'feeMicros' | 'noShowMicros'>,
): bigint => {
  if (state === 'used') return feeMicros;
  return state === 'no-show' || state === 'cancelled-late' ? noShowMicros : 0n;
};
