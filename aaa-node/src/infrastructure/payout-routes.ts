import { payout, payoutPage, payoutTransfer, recordId, type AssertionClaims } from '@roamgrid/wire';
import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import type { Db } from '../store/database.ts';
import { listPayouts, makePayouts, noteTransfer } from './payouts.ts';

export interface PayoutRouteOptions {
  readonly db: Db;
  /** Role operator. */
  readonly auth: Auth<AssertionClaims>;
  readonly nowMs: () => number;
}

/** What the utility pays its infrastructure providers, for its operators and its desk. */
export const payoutRoutes = ({ db, auth, nowMs }: PayoutRouteOptions): readonly Route[] => [
  route({
    method: 'post',
    path: '/operator/v1/periods/{periodId}/payouts',
    summary:
      'Pay infrastructure providers their shares of sessions that ended in the period or before, each once',
    auth,
    params: z.object({ periodId: recordId }),
    answers: { 200: payoutPage },
    problems: ['PERIOD_INVALID'],
    handler: async ({ params }) =>
      reply(200, { payouts: [...(await makePayouts(db, params.periodId, nowMs()))] }),
  }),
  route({
    method: 'get',
    path: '/operator/v1/payouts',
    summary: 'All payouts, in the order in which they were made',
    auth,
    query: z.strictObject({ after: recordId.exactOptional() }),
    answers: { 200: payoutPage },
    handler: async ({ query }) => reply(200, await listPayouts(db, query.after)),
  }),
  route({
    method: 'post',
    path: '/operator/v1/payouts/{payoutId}/transfers',
    summary:
      'The own bank booked money that left for a payout, or that came back; the same again changes nothing',
    auth,
    params: z.object({ payoutId: recordId }),
    body: payoutTransfer,
    answers: { 200: payout },
    problems: ['PAYOUT_NOT_FOUND'],
    handler: async ({ params, body }) => reply(200, await noteTransfer(db, params.payoutId, body, nowMs())),
  }),
];
