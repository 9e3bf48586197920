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
import { billSummary, swipeOffer, swipeRefusal } from './api.ts';

/** `GET /kiosk/v1/info` */
export const kioskInfo = z.strictObject({
  evseId,
  stationName: z.string(),
  operatorName: z.string(),
  timeZone: z.string(),
  /** Cards that the simulated reader offers; empty on a real station. */
  simulatedCards: z.array(z.strictObject({ label: z.string(), cin: z.string() })),
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

/** State of the outlet as the page shows it; `GET /kiosk/v1/state`, and each change at `GET /kiosk/v1/events` (SSE). */
export const kioskState = z.discriminatedUnion('screen', [
  z.strictObject({ screen: z.literal('welcome') }),
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
  }),
  z.strictObject({ screen: z.literal('starting') }),
  z.strictObject({ screen: z.literal('charging'), progress: chargeProgress }),
  z.strictObject({ screen: z.literal('stopping') }),
  z.strictObject({ screen: z.literal('bill'), bill: billSummary }),
]);
export type KioskState = z.infer<typeof kioskState>;

/** `POST /kiosk/v1/swipes` */
export const kioskSwipe = z.strictObject({
  cin: z.string().max(64),
  method: z.enum(['keypad', 'card', 'qr']),
  requestedEnergyWh: energyWhCodec,
  plannedMs: z
    .int()
    .min(60_000)
    .max(48 * 3_600_000),
});
export type KioskSwipe = z.infer<typeof kioskSwipe>;

/** `POST /kiosk/v1/consent`: the driver accepts exactly the offer that the page shows. */
export const kioskConsent = z.strictObject({ quoteHash: sha256Hex });
/* `POST /kiosk/v1/decline`, `/stop`, `/done`: empty bodies. */
