/** What a gateway asks of its own utility's roaming router (R-GW/R), and what comes back. */
import { z } from 'zod';
import { compactJws, instantMs, recordId, utilityId } from '../codec/scalars.ts';
import { authorisation, chargeOffer, refusalCode, visitorProfile } from './authorisation.ts';

/** `POST /router/v1/authorisations` (assertion role gateway) */
export const routeRequest = z.strictObject({
  cin: z.string().min(1).max(64),
  /** Everything but the home-specific part; `requestId` is the gateway's swipe id, the router makes its own unique id from it. */
  offer: chargeOffer.omit({ agreementId: true }),
});
export type RouteRequest = z.infer<typeof routeRequest>;

export const routeGrant = z.strictObject({
  outcome: z.literal('authorised'),
  requestId: recordId,
  hun: utilityId,
  homeUtilityName: z.string(),
  agreementId: recordId,
  authorisedBy: z.enum(['home', 'cache']),
  /** JWS of an Authorisation (home) or VisitorProfile (cache). */
  evidence: compactJws,
  /** The evidence's content, verified by the router against the ledger's registry. */
  grant: z.union([authorisation, visitorProfile]),
  /** How long the driver has to consent. */
  consentUntilMs: instantMs,
});
export type RouteGrant = z.infer<typeof routeGrant>;

export const routeRefusal = z.strictObject({
  outcome: z.literal('refused'),
  requestId: recordId,
  code: refusalCode,
  message: z.string(),
  remedy: z.string(),
});
export type RouteRefusal = z.infer<typeof routeRefusal>;

export const routeAnswer = z.discriminatedUnion('outcome', [routeGrant, routeRefusal]);
export type RouteAnswer = z.infer<typeof routeAnswer>;

/** `POST /router/v1/authorisations/{requestId}/consent`: relays the consent; answers 204 or a refusal. */
export const routeConsent = z.strictObject({
  sessionId: recordId,
  quoteHash: z.string(),
  signedQuote: compactJws,
  consent: compactJws,
});
export type RouteConsent = z.infer<typeof routeConsent>;
