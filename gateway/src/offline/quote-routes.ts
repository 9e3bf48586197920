import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import {
  leaveNotice,
  offlineAnswer,
  offlineQuestion,
  statedAsk,
  statedLeave,
  type AssertionClaims,
  type OfflineAnswer,
  type OfflineQuestion,
} from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import { gatewayError } from '../problems.ts';
import type { RouterClient } from '../station-api/router-client.ts';
import type { GatewayDb } from '../store/schema.ts';
import { keepLeave } from './leaves.ts';
import { answerAsk, type QuoteContext } from './quote.ts';

export interface QuoteRouteContext extends QuoteContext {
  readonly db: Kysely<GatewayDb>;
  readonly router: Pick<RouterClient, 'partnerRange' | 'offlineQuote' | 'offlineLeave'>;
  readonly auth: { readonly aaa: Auth<AssertionClaims> };
}

/** An ask of an own customer's for a partner's chargers goes there; every other one is answered here. */
const askWhere = async (context: QuoteRouteContext, question: OfflineQuestion): Promise<OfflineAnswer> => {
  const parties = statedAsk(question.ask);
  if (parties?.iss !== context.utilityId || parties.aud === context.utilityId)
    return answerAsk(context, question.ask);
  const told = await context.router.offlineQuote(question);
  if (told.kind === 'taken') return told.value;
  if (told.kind === 'refused') throw gatewayError('PARTNER_REFUSED', `${told.code}: ${told.detail}`);
  const { failure } = told;
  const why = failure.kind === 'problem' ? failure.problem.detail : failure.kind;
  throw gatewayError('HOME_SERVICE_DOWN', `the chargers’ utility gave no answer: ${why}`);
};

/** What home signed beside a token is kept where the chargers are, so that a record can be booked whoever brings it. */
const keepWhere = async (context: QuoteRouteContext, leave: string): Promise<void> => {
  const parties = statedLeave(leave);
  if (parties?.iss !== context.utilityId || parties.aud === context.utilityId) {
    const kept = await keepLeave(context, leave);
    if (!kept.ok) throw gatewayError('OFFLINE_LEAVE_INVALID', kept.error.message);
    return;
  }
  const told = await context.router.offlineLeave({ leave });
  if (told.kind === 'refused') throw gatewayError('PARTNER_REFUSED', `${told.code}: ${told.detail}`);
  if (told.kind === 'later') throw gatewayError('HOME_SERVICE_DOWN', 'the chargers’ utility gave no answer');
};

/** What the own AAA node asks: for its customers, and for partners' customers at this utility's chargers. */
export const offlineQuoteRoutes = (context: QuoteRouteContext): readonly Route[] => [
  route({
    method: 'post',
    path: '/internal/v1/offline/quotes',
    summary: 'What does charging cost ahead of time, here or at a partner’s chargers?',
    auth: context.auth.aaa,
    body: offlineQuestion,
    answers: { 200: offlineAnswer },
    problems: ['HOME_SERVICE_DOWN', 'PARTNER_REFUSED'],
    handler: async ({ body }) => reply(200, await askWhere(context, body)),
  }),
  route({
    method: 'post',
    path: '/internal/v1/offline/leaves',
    summary:
      'Keep what home signed beside a token for own chargers, or bring it to the partner whose they are',
    auth: context.auth.aaa,
    body: leaveNotice,
    answers: { 204: null },
    problems: ['OFFLINE_LEAVE_INVALID', 'HOME_SERVICE_DOWN', 'PARTNER_REFUSED'],
    handler: async ({ body }) => {
      await keepWhere(context, body.leave);
      return reply(204);
    },
  }),
];
