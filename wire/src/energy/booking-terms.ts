import { z } from 'zod';
import { naturalMicrosCodec } from '../codec/scalars.ts';

/** What booking ahead is worth, and costs, for each loyalty level. */
const byLevel = <T extends z.ZodType>(value: T) =>
  z.strictObject({ none: value, gold: value, diamond: value, platinum: value });

const DAY_MS = 86_400_000;

/** Bounds of every reservation, whatever two utilities agree. */
export const BOOKING_LIMITS = {
  /** An outlet's time is booked by the quarter-hours that a reservation touches. */
  slotMs: 900_000,
  /** Quarter-hours that one reservation may touch: eight hours. */
  slots: 32,
  /** Who comes so much early has come, ms. */
  earlyMs: 900_000,
  /** How far ahead anybody may book. */
  aheadMs: 31 * DAY_MS,
  /** Reservations in one charge note. */
  chargeItems: 100,
} as const;

/**
 * What two utilities agreed about booking ahead; without it nothing is booked under their agreement. The charging utility is
 * paid by the home one, which bills its customer.
 */
export const bookingTerms = z.strictObject({
  /** Of a reservation that is used. */
  feeMicros: byLevel(naturalMicrosCodec),
  /** Of one that nobody came for, or that was cancelled too late; in place of the fee. */
  noShowMicros: byLevel(naturalMicrosCodec),
  /** How long before its start a reservation may be made. */
  horizonMs: byLevel(z.int().min(0).max(BOOKING_LIMITS.aheadMs)),
  /** Until so long before its start it is cancelled for nothing. */
  freeCancelMs: z.int().min(0).max(DAY_MS),
  /** So long after its start the outlet waits for the driver. */
  holdMs: z
    .int()
    .min(1)
    .max(BOOKING_LIMITS.slots * BOOKING_LIMITS.slotMs),
  /** So long after a no-show was stated it may be shown that the driver came; only then it is charged. */
  contestMs: z
    .int()
    .min(0)
    .max(31 * DAY_MS),
});
export type BookingTerms = z.infer<typeof bookingTerms>;
