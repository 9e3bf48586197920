import { call, reply, route, type CallResult, type Route } from '@roamgrid/service-kit';
import { contestRequest, driverContest, driverContests } from '@roamgrid/wire';
import { gatewayError } from '../problems.ts';
import type { DriverContext } from './routes.ts';

const TIMEOUT_MS = 5_000;

/** The customer's own part of the AAA node, which alone knows bills. */
const placeOf = async ({ aaaUrl, sign }: DriverContext, sub: string) => {
  const origin = new URL(aaaUrl).origin;
  return {
    url: `${origin}/internal/v1/customers/${encodeURIComponent(sub)}/contests`,
    headers: { authorization: `Bearer ${await sign(origin)}` },
    timeoutMs: TIMEOUT_MS,
  };
};

const must = <T>(told: CallResult<T>): T => {
  if (told.ok) return told.value;
  const { failure } = told;
  if (failure.kind === 'problem' && (failure.problem.status === 404 || failure.problem.status === 409))
    throw gatewayError(
      failure.problem.status === 404 ? 'SESSION_NOT_BILLED' : 'CONTEST_REFUSED',
      failure.problem.detail,
    );
  throw gatewayError('HOME_SERVICE_DOWN', 'the utility’s accounting does not answer now', {
    cause: failure.kind,
  });
};

/** What a driver contests of his bills. */
export const contestRoutes = (context: DriverContext): readonly Route[] => [
  route({
    method: 'get',
    path: '/driver/v1/contests',
    summary: 'What I contest of my bills, and what became of it',
    auth: context.auth,
    answers: { 200: driverContests },
    problems: ['SESSION_NOT_BILLED', 'HOME_SERVICE_DOWN'],
    handler: async ({ principal }) => {
      const place = await placeOf(context, principal.sub);
      return reply(200, must(await call({ ...place, method: 'GET', answer: driverContests })));
    },
  }),
  route({
    method: 'post',
    path: '/driver/v1/contests',
    summary: 'Contest a session on one of my bills',
    auth: context.auth,
    body: contestRequest,
    answers: { 200: driverContest },
    problems: ['SESSION_NOT_BILLED', 'CONTEST_REFUSED', 'HOME_SERVICE_DOWN'],
    handler: async ({ principal, body }) => {
      const place = await placeOf(context, principal.sub);
      return reply(200, must(await call({ ...place, method: 'POST', answer: driverContest, body })));
    },
  }),
];
