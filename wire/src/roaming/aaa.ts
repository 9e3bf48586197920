/**
 * What utilities' AAA nodes answer. Between utilities: OAuth 2.0 access token by client credentials with `private_key_jwt`,
 * DPoP-bound (RFC 9449), scope `roaming`. Within a utility: assertion (see http/assertion).
 */
import { z } from 'zod';
import {
  compactJws,
  currencyCode,
  energyWhCodec,
  evseId,
  instantMs,
  isInt64,
  languageCode,
  microsCodec,
  naturalMicrosCodec,
  powerWCodec,
  ppmCodec,
  recordId,
  sha256Hex,
  utilityId,
} from '../codec/scalars.ts';
import { reservationState } from '../energy/reservation.ts';
import { originPart } from '../gateway/origin.ts';
import { meteredBy } from '../ledger/dated-keys.ts';
import { sessionId } from '../ledger/lane.ts';
import { cdr, consentKind } from '../ledger/session.ts';
import { exchange } from './exchange.ts';
import { authorisation, chargeOffer, openBodyText, refusalCode, visitorProfile } from './authorisation.ts';

/** Grant type of the swipe at the home utility. Spec: OpenID CIBA Core 1.0 §10.1. */
export const CIBA_GRANT = 'urn:openid:params:grant-type:ciba';

/**
 * `authorization_details` member of the CIBA request. Spec: RFC 9396.
 * `offer` is the ChargeOffer in wire form (bigints as strings).
 */
export const evChargingDetail = z.strictObject({
  type: z.literal('ev_charging'),
  actions: z.tuple([z.literal('charge')]),
  offer: chargeOffer,
});

/** `authorization_details` of the access token that the consent released: bound to one session, never above its cap. */
export const grantedChargingDetail = evChargingDetail.extend({
  sessionId,
  quoteHash: sha256Hex,
  capMicros: naturalMicrosCodec,
});

/**
 * `GET /roaming/v1/authorisations/{auth_req_id}`: the home utility's decision on the offer of a backchannel request.
 * It decides at once; the token itself is released by the consent.
 */
export const homeDecision = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('authorised'),
    /** JWS of `authorisation`. */
    signedAuthorisation: compactJws,
    authorisation,
    /** Present when the home utility lets the visited one keep the profile. */
    signedProfile: compactJws.exactOptional(),
    profile: visitorProfile.exactOptional(),
    /** In which the driver likes to be spoken to. Beside what is signed, so that it stays off the ledger. */
    language: languageCode.exactOptional(),
  }),
  z.strictObject({
    outcome: z.literal('refused'),
    code: refusalCode,
    message: z.string(),
    remedy: z.string(),
  }),
]);
export type HomeDecision = z.infer<typeof homeDecision>;

/**
 * `POST /roaming/v1/authorisations/{auth_req_id}/consent`: the driver consented; home judges the opening before energy
 * flows, and a yes releases the CIBA request. `POST /roaming/v1/openings`: the same of a session on a kept profile. Both
 * answer 204, or a problem that says why the session must not open.
 */
export const homeConsent = z.strictObject({
  sessionId,
  quoteHash: sha256Hex,
  signedQuote: compactJws,
  openBody: openBodyText,
});
export type HomeConsent = z.infer<typeof homeConsent>;

/** `POST /roaming/v1/sessions/{sessionId}/reports` with the CIBA access token: interim accounting at the home utility. */
export const homeInterim = z.strictObject({
  sequence: z.int32().min(1),
  atMs: instantMs,
  energyWh: energyWhCodec.refine(isInt64, 'more than can be counted'),
  powerW: powerWCodec,
  runningMicros: naturalMicrosCodec.refine(isInt64, 'more than can be counted'),
});
export type HomeInterim = z.infer<typeof homeInterim>;
export const homeInterimAnswer = z.strictObject({ sequence: z.int(), command: z.enum(['continue', 'stop']) });

/** `POST /roaming/v1/sessions/{sessionId}/cdr`: final notice ahead of the ledger; the ledger's CDR is the one that is billed. */
export const homeFinal = z.strictObject({ cdr });

/** `GET /roaming/v1/revocations?after=<cursor>`: profiles that the visited utility must forget. */
export const revocationPage = z.strictObject({
  revocations: z.array(z.strictObject({ profileId: recordId, revokedAtMs: instantMs })),
  cursor: z.string(),
});

/* ── Within a utility: router → own AAA node (assertion role router) ── */

/** `POST /internal/v1/visitor-authorisations`: may this visitor charge on the cached profile? */
export const visitorQuestion = z.strictObject({
  cin: z.string().min(1).max(64),
  offer: chargeOffer,
  /** The home utility was asked and does not answer: `ALLOWED_OFFLINE` profiles and stale revocation lists serve now. */
  homeDown: z.boolean().exactOptional(),
});
export const visitorAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('granted'),
    evidence: compactJws,
    profile: visitorProfile,
    language: languageCode.exactOptional(),
  }),
  z.strictObject({
    outcome: z.literal('ask-home'),
    why: z.enum([
      'unknown', // none is kept for the lane
      'not-yet-valid',
      'expired',
      'revoked',
      'whitelist-never',
      'offline-only', // ALLOWED_OFFLINE, and the home utility has not been asked yet
      'stale', // the home utility's revocations have not been read within their bound
      'exposure', // its sum or its count of sessions is used up: home may sign another
      'limit',
      'adjustment', // the profile's adjustment is outside what the visited utility's rules accept now
    ]),
  }),
]);
export type VisitorAnswer = z.infer<typeof visitorAnswer>;
/** `PUT /internal/v1/visitor-profiles`: keep what the home utility signed. Answers 204. */
export const visitorKeep = z.strictObject({
  cin: z.string().min(1).max(64),
  signedProfile: compactJws,
  language: languageCode.exactOptional(),
});

/**
 * `POST /internal/v1/visitor-authorisations/{sessionId}/consent`: the driver consented on a cached profile; what is
 * reserved of the exposure shrinks to the cap. Answers 204.
 */
export const visitorConsent = z.strictObject({ capMicros: naturalMicrosCodec });

/** `GET /internal/v1/visitor-homes`: home utilities whose profiles are kept, and how far their revocations were read. */
export const visitorHomes = z.strictObject({
  homes: z.array(z.strictObject({ hun: utilityId, cursor: z.string() })),
});

/** `POST /internal/v1/visitor-revocations`: what a home utility revoked up to `cursor`. Answers 204. */
export const visitorRevocations = z.strictObject({
  hun: utilityId,
  revocations: revocationPage.shape.revocations,
  cursor: z.string(),
});

/** `POST /internal/v1/visitor-sessions/{sessionId}/reports`: {@link homeInterim} of a locally authorised session. */

/** `GET /internal/v1/crp/partner-range?hun=` (roles gateway, router): adjustments that the charging rules accept of a partner now. */
export const partnerRange = z.strictObject({
  minAdjustmentPpm: ppmCodec,
  maxAdjustmentPpm: ppmCodec,
  /** Version of the rule that gave the range. */
  version: z.int().min(1),
});
export type PartnerRange = z.infer<typeof partnerRange>;

/* ── Accounting: what the gateway's read model tells its AAA node, and bills ── */

/** One line of a driver's bill: one charging session. */
export const billLine = z.strictObject({
  sessionId,
  vun: utilityId,
  startMs: instantMs,
  endMs: instantMs,
  energyWh: energyWhCodec,
  totalMicros: naturalMicrosCodec,
  /** The driver's own share, given back. */
  driverShareMicros: naturalMicrosCodec,
  consentBy: consentKind,
  meteredBy,
  /** What of the energy was matched to certificates of generation; the rest has no known origin. */
  origin: z.array(originPart).exactOptional(),
  /** Of a session in another currency than the bill: the rate that was fixed at the consent, and both amounts by it. */
  exchanged: z
    .strictObject({
      ...exchange.shape,
      totalMicros: naturalMicrosCodec,
      driverShareMicros: naturalMicrosCodec,
      /** The session's own currency, in which the line's other amounts are. */
      from: currencyCode,
    })
    .exactOptional(),
});

/** What became of a disputed session that stands on an earlier bill: issued bills stay as they are. */
export const billCorrection = z.strictObject({
  sessionId,
  outcome: z.enum(['revised', 'credited']),
  /** In the bill's currency; negative where less is owed. */
  totalMicros: microsCodec,
  driverShareMicros: microsCodec,
});

/**
 * What is owed for an outlet that was booked ahead, by what became of it; a further line of one reservation is what its end, told anew,
 * makes of it.
 */
export const billBooking = z.strictObject({
  reservationId: recordId,
  vun: utilityId,
  evseId,
  /** The time that was booked. */
  fromMs: instantMs,
  untilMs: instantMs,
  state: reservationState,
  /** In the agreement's currency; negative where less is owed than an earlier line says. */
  micros: microsCodec,
  /** Where that is not the bill's: the rate that home fixed when it asked for the outlet, and the amount by it. */
  exchanged: z.strictObject({ ...exchange.shape, micros: microsCodec, from: currencyCode }).exactOptional(),
});

/**
 * What his car gave to a site in a batch of its slots, which the driver is owed; or, with `line`, what his house did for its grid on a day: it took
 * less in an event (DR), gave in one (V2G), or beside them (EXPORT).
 */
export const billGiven = z.strictObject({
  batchId: recordId,
  vun: utilityId,
  /** The site, as the registry has it, or the house. */
  siteId: recordId,
  line: z.enum(['DR', 'V2G', 'EXPORT']).exactOptional(),
  fromMs: instantMs,
  untilMs: instantMs,
  energyWh: energyWhCodec,
  /** In the agreement's currency. */
  micros: naturalMicrosCodec,
  /** Where that is not the bill's: the rate that was in force when home heard of it, and the amount by it. */
  exchanged: z
    .strictObject({ ...exchange.shape, micros: naturalMicrosCodec, from: currencyCode })
    .exactOptional(),
});

/** The one bill that the driver gets, from home alone (ROAM-13). */
export const bill = z.strictObject({
  billId: recordId,
  utilityId,
  periodId: recordId,
  currency: currencyCode,
  lines: z.array(billLine),
  corrections: z.array(billCorrection).exactOptional(),
  bookings: z.array(billBooking).exactOptional(),
  given: z.array(billGiven).exactOptional(),
  sessionsMicros: naturalMicrosCodec,
  creditMicros: naturalMicrosCodec,
  /** What the driver pays: sessions − credit, what corrections and bookings add to it, less what his car gave. */
  payableMicros: microsCodec,
  /** Of it, what the driver has paid; all of it once the bill is `paid`. */
  paidMicros: naturalMicrosCodec,
  state: z.enum(['open', 'issued', 'paid']),
});
export type Bill = z.infer<typeof bill>;
