import {
  homeInterim,
  homeInterimAnswer,
  partnerRange,
  parseSessionId,
  sessionId,
  utilityId,
  visitorAnswer,
  visitorConsent,
  visitorHomes as visitorHomesAnswer,
  visitorKeep,
  visitorQuestion,
  visitorRevocations,
  type AssertionClaims,
  type ChargeOffer,
} from '@roamgrid/wire';
import { cinParts, parseCinEntry, type Cin } from '@roamgrid/domain';
import { kitError, reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import { partnerRangeInForce } from '../crp/lookup.ts';
import { aaaError } from '../problems.ts';
import type { Db } from '../store/database.ts';
import { authoriseVisitor, type LocalLimits } from './authorise.ts';
import type { ProfileKeeper } from './keep.ts';
import { consentVisitor, keepVisitorReport, takeRevocations, visitorHomes } from './life.ts';

export interface VisitorRouteOptions {
  readonly db: Db;
  /** Roles gateway and router. */
  readonly auth: Auth<AssertionClaims>;
  readonly utilityId: string;
  readonly channel: string;
  readonly visitorKey: (cin: string) => string;
  readonly keep: ProfileKeeper;
  readonly limits: LocalLimits;
  readonly nowMs: () => number;
}

/** An offer counts in this channel alone, under a number of this utility and the visitor's home. */
const requireOwnOffer = (
  { utilityId: own, channel }: Pick<VisitorRouteOptions, 'utilityId' | 'channel'>,
  offer: ChargeOffer,
  cin: Cin,
): void => {
  const name = parseSessionId(offer.sessionId);
  const ofPair = name.ok && name.value.vun === own && name.value.hun === cinParts(cin).utility;
  if (offer.vun !== own || !ofPair || offer.channel !== channel)
    throw aaaError('OFFER_INVALID', `the offer of ${offer.sessionId} is of another channel or pair`);
};

/** What the own router asks of the store of visitors. */
export const visitorRoutes = ({
  db,
  auth,
  utilityId: own,
  channel,
  visitorKey,
  keep,
  limits,
  nowMs,
}: VisitorRouteOptions): readonly Route[] => [
  route({
    method: 'post',
    path: '/internal/v1/visitor-authorisations',
    summary: 'May this visitor charge on a kept profile?',
    auth,
    body: visitorQuestion,
    answers: { 200: visitorAnswer },
    problems: ['OFFER_INVALID'],
    handler: async ({ body }) => {
      const cin = parseCinEntry(body.cin);
      if (!cin.ok) throw kitError('INVALID_REQUEST', cin.error.message);
      requireOwnOffer({ utilityId: own, channel }, body.offer, cin.value);
      const question = {
        visitorKey: visitorKey(cin.value),
        offer: body.offer,
        homeDown: body.homeDown ?? false,
      };
      return reply(200, await authoriseVisitor(db, question, limits, nowMs()));
    },
  }),
  route({
    method: 'post',
    path: '/internal/v1/visitor-authorisations/{sessionId}/consent',
    summary: 'The driver consented on a kept profile',
    auth,
    params: z.object({ sessionId }),
    body: visitorConsent,
    answers: { 204: null },
    problems: ['EXPOSURE_UNKNOWN', 'CONSENT_CONFLICT', 'AUTHORISATION_EXPIRED', 'QUOTE_INVALID'],
    handler: async ({ params, body }) => {
      await consentVisitor(db, params.sessionId, body, nowMs());
      return reply(204);
    },
  }),
  route({
    method: 'put',
    path: '/internal/v1/visitor-profiles',
    summary: 'Keep what a home utility signed',
    auth,
    body: visitorKeep,
    answers: { 204: null },
    problems: ['PROFILE_REFUSED'],
    handler: async ({ body }) => {
      await keep(body);
      return reply(204);
    },
  }),
  route({
    method: 'post',
    path: '/internal/v1/visitor-sessions/{sessionId}/reports',
    summary: 'Interim accounting of a locally authorised session',
    auth,
    params: z.object({ sessionId }),
    body: homeInterim,
    answers: { 200: homeInterimAnswer },
    problems: ['SESSION_UNKNOWN', 'REPORT_CONFLICT'],
    handler: async ({ params, body }) => {
      const command = await keepVisitorReport(db, params.sessionId, body);
      return reply(200, { sequence: body.sequence, command });
    },
  }),
  route({
    method: 'get',
    path: '/internal/v1/visitor-homes',
    summary: 'Whose revocations are to be read, and from where on',
    auth,
    answers: { 200: visitorHomesAnswer },
    handler: async () => reply(200, await visitorHomes(db, nowMs())),
  }),
  route({
    method: 'post',
    path: '/internal/v1/visitor-revocations',
    summary: 'What a home utility revoked',
    auth,
    body: visitorRevocations,
    answers: { 204: null },
    handler: async ({ body }) => {
      await takeRevocations(db, body, nowMs());
      return reply(204);
    },
  }),
  route({
    method: 'get',
    path: '/internal/v1/crp/partner-range',
    summary: 'Adjustments that the charging rules accept of a partner now',
    auth,
    query: z.object({ hun: utilityId }),
    answers: { 200: partnerRange },
    problems: ['RULE_NONE_ACTIVE'],
    handler: async ({ query }) => {
      const range = await partnerRangeInForce(db, query.hun, nowMs());
      if (range === undefined) throw aaaError('RULE_NONE_ACTIVE', 'no rule for partners is in force');
      return reply(200, range);
    },
  }),
];
