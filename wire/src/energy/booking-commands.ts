import { z } from 'zod';
import { evseId, instantMs, recordId, sha256Hex, utilityId } from '../codec/scalars.ts';
import { commandId } from '../ledger/envelope.ts';

/** `booking` contract: reservations of outlets. What is granted, used, cancelled or missed both utilities endorse. */
export const bookingCommands = {
  /**
   * Role station or aaa of the VUN. Transient `body`: ReservationBody, `terms`. The outlet must be free in every quarter-hour
   * that the span touches (OVERLAP). A wish that is denied leaves nothing on the ledger.
   */
  grant: z.strictObject({
    commandId,
    reservationId: recordId,
    agreementId: recordId,
    vun: utilityId,
    hun: utilityId,
    evseId,
    fromMs: instantMs,
    untilMs: instantMs,
    bodyHash: sha256Hex,
  }),
  /**
   * Role station or aaa of either party. Transient `body`, `use`: ReservationUse, `open`: the session's open body, `proof`:
   * its way to the opening. The session must be of the customer who booked, at the outlet and in the time booked.
   */
  use: z.strictObject({ commandId, reservationId: recordId, useHash: sha256Hex }),
  /** Role aaa of either party, or station of the VUN. Transient `body`. By the VUN it costs nothing. */
  cancel: z.strictObject({ commandId, reservationId: recordId }),
  /** Role station or aaa of the VUN, when the outlet has waited long enough. Transient `body`. */
  noShow: z.strictObject({ commandId, reservationId: recordId }),
  /** Role aaa of either party, a day after its time: nobody said what became of it, and nothing is owed. */
  expire: z.strictObject({ commandId, reservationId: recordId }),
} as const;

export const bookingQueries = {
  getReservation: z.strictObject({ reservationId: recordId }),
  /** Of the caller's own organisation: ask its own peer. */
  getReservationBody: z.strictObject({ reservationId: recordId }),
  /** Quarter-hours of an outlet that were ever booked, from inclusive, until exclusive. */
  listSlots: z.strictObject({
    evseId,
    fromMs: instantMs,
    untilMs: instantMs,
    pageSize: z.int().min(1).max(200),
    bookmark: z.string(),
  }),
} as const;

/** How long after its time a granted reservation whose end nobody stated expires, ms. */
export const RESERVATION_EXPIRES_MS = 86_400_000;
