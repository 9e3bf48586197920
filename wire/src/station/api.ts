/** What a charging station and its utility's gateway say to each other. */
import { z } from 'zod';
import {
  compactJws,
  currencyCode,
  energyWhCodec,
  evseId,
  instantMs,
  languageCode,
  naturalMicrosCodec,
  powerWCodec,
  recordId,
  sha256Hex,
} from '../codec/scalars.ts';
import { meteredBy } from '../ledger/dated-keys.ts';
import { cdrLine, consentKind, endReason, meterReading, quote } from '../ledger/session.ts';
import { loyaltyLevel } from '../ledger/consortium.ts';
import { sessionId } from '../ledger/lane.ts';
import { tariffRecord } from '../ledger/tariff.ts';
import { chargingService, refusalCode } from '../roaming/authorisation.ts';
import { driverToken } from '../roaming/driver-token.ts';
import { exchanged } from '../roaming/exchange.ts';

/** The gateway's time of sessions when it was asked, ms since the epoch: stands on every answer, on a 401 as well. */
export const GATEWAY_TIME_HEADER = 'roamgrid-time-ms';
/** What the station adds to its own clock to agree with its gateway's, ms: stands on every request. */
export const CLOCK_OFFSET_HEADER = 'roamgrid-clock-offset-ms';

/** State of charge, parts per million. */
const socPpm = z.int().min(0).max(1_000_000);
/** How full a car was when its session began and when it ended. */
export const socAtEnds = z.strictObject({ beginPpm: socPpm, endPpm: socPpm });

/** `POST /station/v1/swipes` */
export const swipeRequest = z
  .strictObject({
    /** Chosen by the station; a repeated request gives the first answer, and with it the session's first number. */
    swipeId: recordId,
    evseId,
    /** The CIN as read, already checked by the station. Never logged. */
    cin: z.string().min(1).max(64).exactOptional(),
    /** In a CIN's place, where the driver showed something else: home says whose it is. */
    token: driverToken.exactOptional(),
    /** How it came: by the driver's hands, from the vehicle over the cable, or from an app or partner that asked from afar. */
    method: z.enum(['keypad', 'card', 'qr', 'vehicle', 'remote']),
    requestedEnergyWh: energyWhCodec,
    /** How long the driver means to stay; shapes the estimate. */
    plannedMs: z
      .int()
      .min(60_000)
      .max(48 * 3_600_000),
    /** The same customer goes on at the same outlet: the session that charges there now, which is ended before the new one starts. */
    continues: sessionId.exactOptional(),
  })
  .refine(({ cin, token }) => (cin === undefined) !== (token === undefined), 'either a CIN or a token');
export type SwipeRequest = z.infer<typeof swipeRequest>;

export const swipeOffer = z.strictObject({
  outcome: z.literal('offer'),
  quote,
  /** Canonical hash of `quote`: what the consent signs. */
  quoteHash: sha256Hex,
  /** JWS of the quote by the utility's key, `typ: "roamgrid-quote+jwt"`. */
  signedQuote: compactJws,
  authorisedBy: z.enum(['home', 'cache']),
  service: chargingService,
  /** Home knows the driver's own device, and takes its consent or requires it for this cap. Absent: it knows none. */
  driverConsent: z.enum(['possible', 'required']).exactOptional(),
  /**
   * The way there for the device: home's page, and behind the `#` the signed quote and the address that takes the consent.
   * Absent where home has no page: then an app of its own finds the way by itself.
   */
  driverConsentLink: z.url().exactOptional(),
  homeUtilityName: z.string(),
  loyalty: loyaltyLevel,
  /** For a customer whose account is in another currency: the rate that home fixed, and the price by it. */
  exchanged: exchanged.exactOptional(),
  /** The estimate's lines, as those of the bill will be, and its tax. */
  lines: z.array(cdrLine),
  taxMicros: naturalMicrosCodec,
  /** In which the driver likes to be spoken to, as home says. */
  language: languageCode.exactOptional(),
  /** The two utilities agreed that measured grid demand moves the energy price: the tariff alone does not say what it will be. */
  adapts: z.literal(true).exactOptional(),
  /** What this customer booked at the outlet, and comes for. */
  reservationId: recordId.exactOptional(),
});
export type SwipeOffer = z.infer<typeof swipeOffer>;

export const swipeRefusal = z.strictObject({
  outcome: z.literal('refused'),
  code: refusalCode,
  /** One sentence for the driver. */
  message: z.string(),
  /** What the driver can do. */
  remedy: z.string(),
});
export type SwipeRefusal = z.infer<typeof swipeRefusal>;

export const swipeAnswer = z.discriminatedUnion('outcome', [swipeOffer, swipeRefusal]);
export type SwipeAnswer = z.infer<typeof swipeAnswer>;

/** `GET /station/v1/swipes/{swipeId}/tariff`: the version that the offer is priced by. Published versions never change. */
export const offeredTariff = tariffRecord.pick({ tariffId: true, version: true, tariffJson: true });
export type OfferedTariff = z.infer<typeof offeredTariff>;

/** `GET /station/v1/reservations`: outlets of the station that wait for the drivers who booked them, now or later, by their begin. */
export const stationReservations = z.strictObject({
  reservations: z
    .array(
      z.strictObject({
        reservationId: recordId,
        evseId,
        fromMs: instantMs,
        untilMs: instantMs,
        /** So long the outlet waits. */
        waitsUntilMs: instantMs,
      }),
    )
    .max(500),
});
export type StationReservation = z.infer<typeof stationReservations>['reservations'][number];

/** `GET /station/v1/swipes/{swipeId}/driver-consent`: has the driver's own device consented? A start uses it by itself. */
export const driverConsentState = z.strictObject({ state: z.enum(['waiting', 'given']) });
export type DriverConsentState = z.infer<typeof driverConsentState>;

/** `POST /station/v1/sessions` : the driver consented; charging may start when this answers 201. */
export const startRequest = z.strictObject({
  swipeId: recordId,
  /** JWS of a Consent by the station's key. */
  consent: compactJws,
  /** OCMF of the first reading; absent for a meter that signs at the end alone. */
  signedStart: z.string().max(4_096).exactOptional(),
  /** Without `signedStart` it shapes what is shown meanwhile: what is billed begins with what the end's statement says. */
  start: meterReading,
  /** Absent when the car does not tell. */
  socPpm: socPpm.exactOptional(),
});
export type StartRequest = z.infer<typeof startRequest>;

export const startAnswer = z.strictObject({
  sessionId,
  state: z.literal('charging'),
  /** Stop when the register has moved by this much. */
  energyLimitWh: energyWhCodec,
  /** Stop when the running total reaches this. */
  capMicros: naturalMicrosCodec,
  /** Interim reports are due at least this often. */
  reportEveryMs: z.int().min(1_000),
});
export type StartAnswer = z.infer<typeof startAnswer>;

/** `POST /station/v1/sessions/{sessionId}/reports` : interim accounting; `sequence` makes a repeat harmless (ROAM-5). */
export const interimReport = z.strictObject({
  sequence: z.int().min(1),
  readings: z.array(meterReading).min(1).max(100),
  powerW: powerWCodec,
  /** Absent when the car does not tell. */
  socPpm: socPpm.exactOptional(),
});
export type InterimReport = z.infer<typeof interimReport>;

export const interimAnswer = z.strictObject({
  sequence: z.int(),
  command: z.enum(['continue', 'stop']),
  /** Why to stop: what the station writes as the session’s end reason. */
  reason: endReason.extract(['limit', 'revoked', 'ledger-unavailable']).exactOptional(),
  runningMicros: naturalMicrosCodec,
  /** The limit is near: the driver is asked now whether to go on, by a swipe that `continues` the session. */
  limitNear: z.literal(true).exactOptional(),
});
export type InterimAnswer = z.infer<typeof interimAnswer>;

/** `POST /station/v1/sessions/{sessionId}/stop` */
export const stopRequest = z.strictObject({
  endReason,
  /** All readings that no report carried; the last one is the end. */
  readings: z.array(meterReading).min(1).max(2_000),
  /** OCMF of the first reading, where the start could not bring it and `signedEnd` does not hold it. */
  signedStart: z.string().max(4_096).exactOptional(),
  /** OCMF of the last reading. */
  signedEnd: z.string().max(4_096),
  socPpm: socPpm.exactOptional(),
});
export type StopRequest = z.infer<typeof stopRequest>;

/** What the screen shows at the end (ROAM-12). */
export const billSummary = z.strictObject({
  sessionId,
  homeUtilityName: z.string(),
  startMs: instantMs,
  endMs: instantMs,
  energyWh: energyWhCodec,
  meteredBy,
  currency: currencyCode,
  lines: z.array(cdrLine),
  netMicros: naturalMicrosCodec,
  taxMicros: naturalMicrosCodec,
  totalMicros: naturalMicrosCodec,
  /** Part of the total that the driver's own share gives back on the bill. */
  driverShareMicros: naturalMicrosCodec,
  endReason,
  /** How full the car was; absent when it did not tell. */
  soc: socAtEnds.exactOptional(),
  consentBy: consentKind,
  /** `queued` until the block is committed. */
  ledger: z.enum(['queued', 'committed']),
});
export type BillSummary = z.infer<typeof billSummary>;
