/** What a gateway asks of its own utility's roaming router (R-GW/R), and what comes back. */
import { z } from 'zod';
import {
  compactJws,
  evseId,
  instantMs,
  languageCode,
  naturalMicrosCodec,
  recordId,
  utilityId,
} from '../codec/scalars.ts';
import { sessionId } from '../ledger/lane.ts';
import { cdr } from '../ledger/session.ts';
import { homeConsent, homeInterim } from './aaa.ts';
import { authorisation, chargeOffer, refusalCode, visitorProfile } from './authorisation.ts';

/** `POST /router/v1/authorisations` (assertion role gateway) */
export const routeRequest = z.strictObject({
  cin: z.string().min(1).max(64),
  /** Everything but the home-specific part; its `sessionId` is the gateway's number for the swipe, of this pair. */
  offer: chargeOffer.omit({ agreementId: true }),
});
export type RouteRequest = z.infer<typeof routeRequest>;

export const routeGrant = z.strictObject({
  outcome: z.literal('authorised'),
  sessionId,
  hun: utilityId,
  homeUtilityName: z.string(),
  agreementId: recordId,
  authorisedBy: z.enum(['home', 'cache']),
  /** JWS of an Authorisation (home) or VisitorProfile (cache). */
  evidence: compactJws,
  /** The evidence's content, verified by the router against the ledger's registry. */
  grant: z.union([authorisation, visitorProfile]),
  /** The driver's own, as home says. */
  language: languageCode.exactOptional(),
  /** How long the driver has to consent. */
  consentUntilMs: instantMs,
});
export type RouteGrant = z.infer<typeof routeGrant>;

export const routeRefusal = z.strictObject({
  outcome: z.literal('refused'),
  sessionId,
  code: refusalCode,
  message: z.string(),
  remedy: z.string(),
});
export type RouteRefusal = z.infer<typeof routeRefusal>;

export const routeAnswer = z.discriminatedUnion('outcome', [routeGrant, routeRefusal]);
export type RouteAnswer = z.infer<typeof routeAnswer>;

/**
 * `POST /router/v1/authorisations/{sessionId}/consent`: relays the consented opening to the home utility before energy
 * flows. 204: home took it. OPENING_REFUSED and the other 4xx: it must not open; told again, the answer is the same.
 * HOME_TIMEOUT, HOME_UNREACHABLE: home is silent; by `terms.homeSilent` the session may charge all the same, and then the
 * router tells home until it hears. A no that comes so late answers the next report with `stop`.
 */
export const routeConsent = homeConsent;
export type RouteConsent = z.infer<typeof routeConsent>;

/**
 * `POST /router/v1/sessions/{sessionId}/reports` (role gateway): relayed to whoever authorised the session. The router
 * keeps a report that the home utility did not take and retries it; `sequence` keeps it from being counted twice (ROAM-5).
 */
export const routeReport = homeInterim;
export const routeReportAnswer = z.strictObject({
  sequence: z.int(),
  command: z.enum(['continue', 'stop']),
  /** False when the report waits for the home utility to be reachable again. */
  delivered: z.boolean(),
});

/** `POST /router/v1/sessions/{sessionId}/cdr` (role gateway): final notice, kept and retried like a report. Answers 202. */
export const routeFinal = z.strictObject({ cdr });

/** `GET /router/v1/occurrences/{sessionId}` (role gateway): subscription and energy data of one charging occurrence, joined. */
export const occurrence = z.strictObject({
  sessionId,
  hun: utilityId,
  evseId,
  stationId: recordId,
  authorisedBy: z.enum(['home', 'cache']),
  state: z.enum(['authorised', 'consented', 'finished', 'lapsed']),
  /** What home said of the opening; absent before the consent. */
  opening: z.enum(['waiting', 'taken', 'refused']).exactOptional(),
  grant: z.union([authorisation, visitorProfile]),
  capMicros: naturalMicrosCodec.exactOptional(),
  reports: z.array(homeInterim.extend({ delivered: z.boolean() })),
  cdr: cdr.exactOptional(),
  createdAtMs: instantMs,
});
export type Occurrence = z.infer<typeof occurrence>;
