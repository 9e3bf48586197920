import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import {
  contestRequest,
  driverContest,
  driverContests,
  sessionId,
  type AssertionClaims,
} from '@roamgrid/wire';
import { z } from 'zod';
import { aaaError } from '../problems.ts';
import {
  answerContest,
  contestOf,
  contestsOf,
  keepContest,
  openContests,
} from '../review/driver-contests.ts';
import type { HomeDisputes } from '../review/home-disputes.ts';
import type { Db } from '../store/database.ts';

export interface ContestRouteOptions {
  readonly db: Db;
  readonly homeDisputes: Pick<HomeDisputes, 'contest'>;
  readonly auth: { readonly operator: Auth<AssertionClaims>; readonly gateway: Auth<AssertionClaims> };
  readonly nowMs: () => number;
}

const ofCustomer = z.object({ sub: z.string().min(1).max(64) });
const ofSession = z.strictObject({ sessionId });
const homesAnswer = z.strictObject({ statement: z.string().trim().min(1).max(2_000) });

/** What a driver says through his utility's gateway. */
const customerRoutes = ({ db, auth, nowMs }: ContestRouteOptions): readonly Route[] => [
  route({
    method: 'get',
    path: '/internal/v1/customers/{sub}/contests',
    summary: 'What a driver contests of his bills, and what became of it',
    auth: auth.gateway,
    params: ofCustomer,
    answers: { 200: driverContests },
    problems: ['CUSTOMER_NOT_FOUND'],
    handler: async ({ params }) => reply(200, { contests: await contestsOf(db, params.sub) }),
  }),
  route({
    method: 'post',
    path: '/internal/v1/customers/{sub}/contests',
    summary: 'Contest a session on a bill',
    auth: auth.gateway,
    params: ofCustomer,
    body: contestRequest,
    answers: { 200: driverContest },
    problems: ['CUSTOMER_NOT_FOUND', 'RECORD_UNKNOWN', 'DISPUTE_RAISED'],
    handler: async ({ params, body }) => reply(200, await keepContest(db, params.sub, body, nowMs())),
  }),
];

/** Drivers’ contests, and home's word on each. */
export const contestRoutes = (options: ContestRouteOptions): readonly Route[] => {
  const { db, homeDisputes, auth } = options;
  return [
    ...customerRoutes(options),
    route({
      method: 'get',
      path: '/operator/v1/contests',
      summary: 'Sessions that drivers contest and that wait for home’s word, the oldest first',
      auth: auth.operator,
      answers: { 200: driverContests },
      handler: async () => reply(200, { contests: await openContests(db) }),
    }),
    route({
      method: 'post',
      path: '/operator/v1/contests/{sessionId}/answer',
      summary: 'Answer a driver in home’s own words; the bill stays as it is',
      auth: auth.operator,
      params: ofSession,
      body: homesAnswer,
      answers: { 200: driverContest },
      problems: ['RECORD_UNKNOWN', 'DISPUTE_RAISED'],
      handler: async ({ params, body }) => {
        await answerContest(db, params.sessionId, body.statement);
        const now = await contestOf(db, params.sessionId);
        if (now.answer !== body.statement)
          throw aaaError('DISPUTE_RAISED', `the contest of ${params.sessionId} is ${now.state}`);
        return reply(200, now);
      },
    }),
    route({
      method: 'post',
      path: '/operator/v1/contests/{sessionId}/raise',
      summary: 'Dispute the record with the visited utility; what the driver said is the evidence',
      auth: auth.operator,
      params: ofSession,
      answers: { 200: driverContest },
      problems: ['RECORD_UNKNOWN', 'DISPUTE_RAISED', 'DISPUTE_NOT_YET', 'DISPUTE_REFUSED', 'UNAVAILABLE'],
      handler: async ({ params, principal }) => {
        const { state, statement } = await contestOf(db, params.sessionId);
        if (state === 'answered')
          throw aaaError('DISPUTE_RAISED', `the contest of ${params.sessionId} is answered`);
        if (state === 'open') {
          const { sessionId: of } = params;
          const by = principal.iss;
          await homeDisputes.contest({ sessionId: of, reason: 'DRIVER', statement, by, isDrivers: true });
        }
        return reply(200, await contestOf(db, params.sessionId));
      },
    }),
  ];
};
