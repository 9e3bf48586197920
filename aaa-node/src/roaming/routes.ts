import {
  homeConsent,
  homeDecision,
  homeFinal,
  homeInterim,
  homeInterimAnswer,
  sessionId,
  revocationPage,
  takeBackRequest,
} from '@roamgrid/wire';
import { kitError, reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import { revocationsAfter } from '../hcp/revocations.ts';
import type { ChargingPartner, Partner } from '../oidc/roaming-auth.ts';
import type { Db } from '../store/database.ts';
import type { HomeDisputes } from '../review/home-disputes.ts';
import type { createConsents } from './consent.ts';
import type { KeptOpenings } from './kept.ts';
import { keepFinal, keepReport } from './reports.ts';

/** Ids of the provider are 256 random bits in base64url. */
const authReqId = z.string().regex(/^[\w-]{20,128}$/);

export interface RoamingRouteOptions {
  readonly db: Db;
  readonly auth: { readonly partner: Auth<Partner>; readonly chargingPartner: Auth<ChargingPartner> };
  readonly consents: ReturnType<typeof createConsents>;
  readonly openKept: KeptOpenings;
  readonly homeDisputes: HomeDisputes;
}

/** The token is for one session; no other can be told about with it. */
const sameSession = (principal: ChargingPartner, sessionId: string): void => {
  if (principal.sessionId !== sessionId) throw kitError('FORBIDDEN', 'the token is for another session');
};

/** What an opening can be refused with; UNAVAILABLE is no answer. */
const OPENING_PROBLEMS = [
  'QUOTE_INVALID',
  'OPENING_INVALID',
  'OPENING_REFUSED',
  'CONSENT_CONFLICT',
  'ISSUER_REFUSED',
  'UNAVAILABLE',
] as const;

/** What other utilities ask of this home utility. */
export const roamingRoutes = ({
  db,
  auth,
  consents,
  openKept,
  homeDisputes,
}: RoamingRouteOptions): readonly Route[] => [
  route({
    method: 'get',
    path: '/roaming/v1/authorisations/{authReqId}',
    summary: 'The decision on a swipe',
    auth: auth.partner,
    params: z.object({ authReqId }),
    answers: { 200: homeDecision },
    problems: ['AUTHORISATION_UNKNOWN'],
    handler: async ({ principal, params }) =>
      reply(200, await consents.decision(principal.utilityId, params.authReqId)),
  }),
  route({
    method: 'post',
    path: '/roaming/v1/authorisations/{authReqId}/consent',
    summary: 'The driver consents: home judges the opening and releases the charging token',
    auth: auth.partner,
    params: z.object({ authReqId }),
    body: homeConsent,
    answers: { 204: null },
    problems: [
      'AUTHORISATION_UNKNOWN',
      'AUTHORISATION_REFUSED',
      'AUTHORISATION_EXPIRED',
      ...OPENING_PROBLEMS,
    ],
    handler: async ({ principal, params, body }) => {
      await consents.give(principal.utilityId, params.authReqId, body);
      return reply(204);
    },
  }),
  route({
    method: 'post',
    path: '/roaming/v1/openings',
    summary: 'A session opens on a kept profile: home judges it before energy flows',
    auth: auth.partner,
    body: homeConsent,
    answers: { 204: null },
    problems: OPENING_PROBLEMS,
    handler: async ({ principal, body }) => {
      await openKept(principal.utilityId, body);
      return reply(204);
    },
  }),
  route({
    method: 'post',
    path: '/roaming/v1/sessions/{sessionId}/reports',
    summary: 'Interim accounting; a repeated sequence number is not counted twice',
    auth: auth.chargingPartner,
    params: z.object({ sessionId }),
    body: homeInterim,
    answers: { 200: homeInterimAnswer },
    problems: ['SESSION_UNKNOWN', 'REPORT_CONFLICT'],
    handler: async ({ principal, params, body }) => {
      sameSession(principal, params.sessionId);
      const command = await keepReport(db, principal.utilityId, params.sessionId, body);
      return reply(200, { sequence: body.sequence, command });
    },
  }),
  route({
    method: 'post',
    path: '/roaming/v1/sessions/{sessionId}/cdr',
    summary: 'Final notice ahead of the ledger',
    auth: auth.chargingPartner,
    params: z.object({ sessionId }),
    body: homeFinal,
    answers: { 204: null },
    problems: ['SESSION_UNKNOWN', 'CDR_CONFLICT'],
    handler: async ({ principal, params, body }) => {
      sameSession(principal, params.sessionId);
      await keepFinal(db, principal.utilityId, params.sessionId, body.cdr);
      return reply(204);
    },
  }),
  route({
    method: 'post',
    path: '/roaming/v1/sessions/{sessionId}/take-back',
    summary: 'The visited utility takes its record back: home disputes it, so that it can be credited',
    auth: auth.partner,
    params: z.object({ sessionId }),
    body: takeBackRequest,
    answers: { 204: null },
    problems: ['RECORD_UNKNOWN', 'DISPUTE_RAISED', 'DISPUTE_NOT_YET', 'DISPUTE_REFUSED', 'UNAVAILABLE'],
    handler: async ({ principal, params, body }) => {
      await homeDisputes.takenBack(principal.utilityId, params.sessionId, body.statement);
      return reply(204);
    },
  }),
  route({
    method: 'get',
    path: '/roaming/v1/revocations',
    summary: 'Profiles that the asking utility must forget',
    auth: auth.partner,
    query: z.object({ after: z.string().max(32).default('') }),
    answers: { 200: revocationPage },
    handler: async ({ principal, query }) =>
      reply(200, await revocationsAfter(db, principal.utilityId, query.after)),
  }),
];
