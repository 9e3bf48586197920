import {
  bookingAnswer,
  bookingQuestion,
  leaveNotice,
  occurrence,
  offlineAnswer,
  offlineQuestion,
  sessionId,
  routeAnswer,
  routeConsent,
  routeFinal,
  routeReport,
  routeReportAnswer,
  routeRequest,
  routeTokenAnswer,
  routeTokenRequest,
  statedAsk,
  statedLeave,
  statedWish,
  takeBackRequest,
  type AssertionClaims,
} from '@roamgrid/wire';
import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import type { Counter, Histogram } from 'prom-client';
import { z } from 'zod';
import { readOccurrence } from './occurrence/store.ts';
import type { Db } from './occurrence/schema.ts';
import type { HomeClient } from './home/client.ts';
import type { AskPartner } from './route/ask-partner.ts';
import type { createAuthorise } from './route/authorise.ts';
import type { createConsent } from './route/consent.ts';
import type { createReports } from './route/reports.ts';
import type { Resolve } from './route/resolve.ts';
import type { createTakeBack } from './route/take-back.ts';

export interface RouterRouteOptions {
  readonly db: Db;
  /** Role gateway. */
  readonly auth: Auth<AssertionClaims>;
  readonly authorise: ReturnType<typeof createAuthorise>;
  readonly consent: ReturnType<typeof createConsent>;
  readonly resolve: Resolve;
  readonly reports: ReturnType<typeof createReports>;
  readonly takeBack: ReturnType<typeof createTakeBack>;
  readonly askPartner: AskPartner;
  readonly partners: Pick<HomeClient, 'reserve' | 'offlineQuote' | 'offlineLeave'>;
  readonly metrics: {
    readonly answers: Counter<'outcome'>;
    readonly seconds: Histogram<'outcome'>;
    readonly tokens: Counter<'outcome'>;
  };
  readonly nowMs: () => number;
}

const sessionParams = z.object({ sessionId });

/** What the own gateway asks of the router. */
export const routerRoutes = (options: RouterRouteOptions): readonly Route[] => {
  const { db, auth, authorise, consent, resolve, reports, takeBack, askPartner, partners, metrics, nowMs } =
    options;
  return [
    route({
      method: 'post',
      path: '/router/v1/authorisations',
      summary: 'Route a swipe to its home utility, or to the profile that is kept of it',
      auth,
      body: routeRequest,
      answers: { 200: routeAnswer },
      problems: ['OFFER_INVALID'],
      handler: async ({ body, log }) => {
        const startedMs = performance.now();
        const answer = await authorise(body, log);
        const outcome = answer.outcome === 'authorised' ? answer.authorisedBy : answer.code;
        metrics.answers.inc({ outcome });
        metrics.seconds.observe({ outcome }, (performance.now() - startedMs) / 1_000);
        return reply(200, answer);
      },
    }),
    route({
      method: 'post',
      path: '/router/v1/tokens/resolve',
      summary: 'Whose token is it: of the own customers, or of a member with an agreement in force?',
      auth,
      body: routeTokenRequest,
      answers: { 200: routeTokenAnswer },
      handler: async ({ body, log }) => {
        const answer = await resolve(body, log);
        metrics.tokens.inc({ outcome: answer.outcome === 'known' ? 'known' : answer.code });
        return reply(200, answer);
      },
    }),
    route({
      method: 'post',
      path: '/router/v1/authorisations/{sessionId}/consent',
      summary: 'Relay the consented opening to home before energy flows; 503 and 504: home is silent',
      auth,
      params: sessionParams,
      body: routeConsent,
      answers: { 204: null },
      problems: [
        'OCCURRENCE_UNKNOWN',
        'CONSENT_CONFLICT',
        'CONSENT_EXPIRED',
        'QUOTE_INVALID',
        'OPENING_INVALID',
        'OPENING_REFUSED',
        'ISSUER_EXPIRED',
        'HOME_PROTOCOL_ERROR',
        'HOME_UNREACHABLE',
        'HOME_TIMEOUT',
        'LEDGER_UNAVAILABLE',
      ],
      handler: async ({ params, body }) => {
        await consent(params.sessionId, body);
        return reply(204);
      },
    }),
    route({
      method: 'post',
      path: '/router/v1/sessions/{sessionId}/reports',
      summary: 'Interim accounting, kept and retried until it is taken',
      auth,
      params: sessionParams,
      body: routeReport,
      answers: { 200: routeReportAnswer },
      problems: ['OCCURRENCE_UNKNOWN', 'REPORT_CONFLICT'],
      handler: async ({ params, body }) => reply(200, await reports.report(params.sessionId, body)),
    }),
    route({
      method: 'post',
      path: '/router/v1/sessions/{sessionId}/cdr',
      summary: 'Final notice, kept and retried until it is taken',
      auth,
      params: sessionParams,
      body: routeFinal,
      answers: { 202: null },
      problems: ['OCCURRENCE_UNKNOWN', 'REPORT_CONFLICT'],
      handler: async ({ params, body }) => {
        await reports.final(params.sessionId, body.cdr);
        return reply(202);
      },
    }),
    route({
      method: 'post',
      path: '/router/v1/sessions/{sessionId}/take-back',
      summary: 'Tell home that the own utility takes a record back; 503 and 504: not yet',
      auth,
      params: sessionParams,
      body: takeBackRequest,
      answers: { 204: null },
      problems: [
        'TAKE_BACK_REFUSED',
        'ISSUER_EXPIRED',
        'HOME_NOT_YET',
        'HOME_PROTOCOL_ERROR',
        'HOME_UNREACHABLE',
        'HOME_TIMEOUT',
        'LEDGER_UNAVAILABLE',
      ],
      handler: async ({ params, body }) => {
        await takeBack(params.sessionId, body);
        return reply(204);
      },
    }),
    route({
      method: 'post',
      path: '/router/v1/reservations',
      summary: 'Bring a customer’s wish for an outlet to the utility of the station',
      auth,
      body: bookingQuestion,
      answers: { 200: bookingAnswer },
      problems: [
        'WISH_INVALID',
        'ISSUER_EXPIRED',
        'HOME_NOT_YET',
        'HOME_PROTOCOL_ERROR',
        'HOME_UNREACHABLE',
        'HOME_TIMEOUT',
        'LEDGER_UNAVAILABLE',
      ],
      handler: async ({ body }) =>
        reply(
          200,
          await askPartner({
            parties: statedWish(body.wish),
            invalid: 'WISH_INVALID',
            bring: (partner, signal) => partners.reserve(partner, body, signal),
          }),
        ),
    }),
    route({
      method: 'post',
      path: '/router/v1/offline/quotes',
      summary: 'Bring home’s ask for a price ahead of time to the utility of the chargers',
      auth,
      body: offlineQuestion,
      answers: { 200: offlineAnswer },
      problems: [
        'ASK_INVALID',
        'ISSUER_EXPIRED',
        'HOME_NOT_YET',
        'HOME_PROTOCOL_ERROR',
        'HOME_UNREACHABLE',
        'HOME_TIMEOUT',
        'LEDGER_UNAVAILABLE',
      ],
      handler: async ({ body }) =>
        reply(
          200,
          await askPartner({
            parties: statedAsk(body.ask),
            invalid: 'ASK_INVALID',
            bring: (partner, signal) => partners.offlineQuote(partner, body, signal),
          }),
        ),
    }),
    route({
      method: 'post',
      path: '/router/v1/offline/leaves',
      summary: 'Bring what home signed beside a token to the utility of the chargers',
      auth,
      body: leaveNotice,
      answers: { 204: null },
      problems: [
        'ASK_INVALID',
        'ISSUER_EXPIRED',
        'HOME_NOT_YET',
        'HOME_PROTOCOL_ERROR',
        'HOME_UNREACHABLE',
        'HOME_TIMEOUT',
        'LEDGER_UNAVAILABLE',
      ],
      handler: async ({ body }) => {
        await askPartner({
          parties: statedLeave(body.leave),
          invalid: 'ASK_INVALID',
          bring: (partner, signal) => partners.offlineLeave(partner, body, signal),
        });
        return reply(204);
      },
    }),
    route({
      method: 'get',
      path: '/router/v1/occurrences/{sessionId}',
      summary: 'Subscription and energy data of one charging occurrence',
      auth,
      params: sessionParams,
      answers: { 200: occurrence },
      problems: ['OCCURRENCE_UNKNOWN'],
      handler: async ({ params }) => reply(200, await readOccurrence(db, params.sessionId, nowMs())),
    }),
  ];
};
