/** What the kiosk page and its station say to each other. The page never sees a key or a token. */
import { z } from 'zod';
import {
  energyWhCodec,
  evseId,
  instantMs,
  naturalMicrosCodec,
  powerWCodec,
  sha256Hex,
} from '../codec/scalars.ts';
import { sessionId } from '../ledger/lane.ts';
import { endReason } from '../ledger/session.ts';
import { readErrors } from './reader.ts';
import { billSummary, swipeOffer, swipeRefusal } from './api.ts';

/** `GET /kiosk/v1/info` */
export const kioskInfo = z.strictObject({
  evseId,
  stationName: z.string(),
  operatorName: z.string(),
  timeZone: z.string(),
  /** Cost of energy choices on the page. */
  energyChoicesWh: z.array(energyWhCodec),
});
export type KioskInfo = z.infer<typeof kioskInfo>;

export const chargeProgress = z.strictObject({
  sessionId,
  startMs: instantMs,
  nowMs: instantMs,
  energyWh: energyWhCodec,
  powerW: powerWCodec,
  /** State of charge in parts per million; absent when the car does not tell. */
  socPpm: z.int().min(0).max(1_000_000).exactOptional(),
  runningMicros: naturalMicrosCodec,
  capMicros: naturalMicrosCodec,
  currency: z.string(),
});
export type ChargeProgress = z.infer<typeof chargeProgress>;

/** A session that is over, as the station itself knows it. */
export const endedSession = z.strictObject({
  sessionId,
  homeUtilityName: z.string(),
  startMs: instantMs,
  endMs: instantMs,
  energyWh: energyWhCodec,
  endReason,
  socPpm: z.int().min(0).max(1_000_000).exactOptional(),
});
export type EndedSession = z.infer<typeof endedSession>;

/** State of the outlet as the page shows it; `GET /kiosk/v1/state`, and each change at `GET /kiosk/v1/events` (SSE). */
export const kioskState = z.discriminatedUnion('screen', [
  z.strictObject({
    screen: z.literal('welcome'),
    /** What the card reader says: none is connected, it waits for a card, or why it could not read one. */
    reader: z.enum(['none', 'ready', ...readErrors]),
  }),
  z.strictObject({ screen: z.literal('authorising') }),
  /** `code` is a RefusalCode, a CIN error code, or STATION_OFFLINE. */
  z.strictObject({
    screen: z.literal('refused'),
    refusal: swipeRefusal.omit({ code: true }).extend({ code: z.string() }),
  }),
  z.strictObject({
    screen: z.literal('offer'),
    offer: swipeOffer,
    /** The driver's own device has consented, too. */
    driverConsented: z.boolean(),
    /** The driver has not answered, and is asked again. */
    askedAgain: z.boolean(),
  }),
  /** The driver consented; the cable is not in the socket yet. */
  z.strictObject({ screen: z.literal('connect') }),
  z.strictObject({ screen: z.literal('starting') }),
  z.strictObject({
    screen: z.literal('charging'),
    progress: chargeProgress,
    /** The agreed limit is near: under this price the driver may go on, by accepting it while the car charges. */
    next: z.strictObject({ offer: swipeOffer, driverConsented: z.boolean() }).exactOptional(),
  }),
  /** The car is full or has all that was agreed, and holds the outlet. */
  z.strictObject({ screen: z.literal('parked'), progress: chargeProgress }),
  z.strictObject({ screen: z.literal('stopping') }),
  /** The session is over and kept; what it costs is not known here yet. */
  z.strictObject({ screen: z.literal('bill-later'), ended: endedSession }),
  z.strictObject({ screen: z.literal('bill'), bill: billSummary }),
]);
export type KioskState = z.infer<typeof kioskState>;

/** `POST /kiosk/v1/choice`: what the driver wants, for a card that comes to the reader. */
export const kioskChoice = z.strictObject({
  requestedEnergyWh: energyWhCodec,
  plannedMs: z
    .int()
    .min(60_000)
    .max(48 * 3_600_000),
});
export type KioskChoice = z.infer<typeof kioskChoice>;

/** `POST /kiosk/v1/swipes` */
export const kioskSwipe = kioskChoice.extend({
  cin: z.string().max(256),
  method: z.enum(['keypad', 'card', 'qr']),
});
export type KioskSwipe = z.infer<typeof kioskSwipe>;

/** `POST /kiosk/v1/consent`: the driver accepts exactly the offer that the page shows. */
export const kioskConsent = z.strictObject({ quoteHash: sha256Hex });
/* `POST /kiosk/v1/decline`, `/stop`, `/done`: empty bodies. */

/** An end of a session that the gateway has not taken yet. */
export const pendingEnd = z.strictObject({
  sessionId,
  endMs: instantMs,
  endReason,
  /** Why it was not taken when it was last brought; absent while it could not be brought. */
  refusal: z.strictObject({ code: z.string(), detail: z.string() }).exactOptional(),
});
export type PendingEnd = z.infer<typeof pendingEnd>;

/** `GET /kiosk/v1/ends`: oldest first. */
export const pendingEnds = z.strictObject({ ends: z.array(pendingEnd) });
