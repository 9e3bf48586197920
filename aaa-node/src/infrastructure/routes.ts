import {
  currencyCode,
  energyWhCodec,
  instantMs,
  naturalMicrosCodec,
  payout,
  recordId,
  sessionId,
  type AssertionClaims,
} from '@roamgrid/wire';
import { kitError, reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import { STATEMENT_SCOPE } from '../oidc/resources.ts';
import { createTokenAuth, tokenScheme, type TokenAuthOptions } from '../oidc/token-auth.ts';
import type { Db } from '../store/database.ts';
import { payoutRoutes } from './payout-routes.ts';
import { payoutsOf } from './payouts.ts';
import { activeProvider, closeProvider, createProvider } from './providers.ts';
import { statementOf } from './shares.ts';

/** An infrastructure provider that signed in. */
export interface SignedInProvider {
  readonly providerId: string;
}

/** Tokens of scope `statement`, of a subject that is an infrastructure provider still: a customer's opens nothing here. */
export const createProviderAuth = (options: TokenAuthOptions, db: Db): Auth<SignedInProvider> => {
  const readToken = createTokenAuth(options);
  return {
    schemeName: 'statement_token',
    scheme: tokenScheme(STATEMENT_SCOPE),
    authenticate: async (request) => {
      const { sub } = await readToken(request, STATEMENT_SCOPE);
      const provider = await activeProvider(db, sub);
      if (provider === undefined) throw kitError('FORBIDDEN', 'this is no infrastructure provider’s sign-in');
      return { providerId: provider.providerId };
    },
  };
};

/** `GET /infrastructure/v1/statement` */
export const statement = z.strictObject({
  providerId: recordId,
  periodId: z.string(),
  sums: z.array(
    z.strictObject({
      currency: currencyCode,
      sessions: z.int(),
      energyWh: energyWhCodec,
      shareMicros: naturalMicrosCodec,
    }),
  ),
  sessions: z.array(
    z.strictObject({
      sessionId,
      stationId: recordId,
      currency: currencyCode,
      startMs: instantMs,
      endMs: instantMs,
      energyWh: energyWhCodec,
      shareMicros: naturalMicrosCodec,
    }),
  ),
  /** Made for the period. */
  payouts: z.array(payout),
  /** `after` of the next page; absent on the last. */
  cursor: z.string().exactOptional(),
});

const providerRequest = z.strictObject({
  providerId: recordId,
  name: z.string().min(1).max(200),
  login: z.string().min(3).max(100),
  password: z.string().min(12).max(200),
});

export interface InfrastructureRouteOptions {
  readonly db: Db;
  readonly auth: { readonly operator: Auth<AssertionClaims>; readonly provider: Auth<SignedInProvider> };
  readonly nowMs: () => number;
}

export const infrastructureRoutes = ({ db, auth, nowMs }: InfrastructureRouteOptions): readonly Route[] => [
  route({
    method: 'post',
    path: '/operator/v1/infrastructure-providers',
    summary: 'Let an infrastructure provider sign in',
    auth: auth.operator,
    body: providerRequest,
    answers: { 201: z.strictObject({ sub: z.string() }) },
    problems: ['LOGIN_TAKEN'],
    handler: async ({ body }) => reply(201, await createProvider(db, body, nowMs())),
  }),
  route({
    method: 'delete',
    path: '/operator/v1/infrastructure-providers/{providerId}',
    summary: 'Let it sign in no more; its shares stay on record',
    auth: auth.operator,
    params: z.object({ providerId: recordId }),
    answers: { 204: null },
    problems: ['PROVIDER_NOT_FOUND'],
    handler: async ({ params }) => {
      await closeProvider(db, params.providerId);
      return reply(204);
    },
  }),
  route({
    method: 'get',
    path: '/infrastructure/v1/statement',
    summary: 'My share of each session at my stations that ended in a period',
    auth: auth.provider,
    query: z.strictObject({ periodId: recordId, after: z.union([sessionId, z.literal('')]).default('') }),
    answers: { 200: statement },
    problems: ['PERIOD_INVALID'],
    handler: async ({ principal, query }) =>
      reply(200, {
        ...(await statementOf(db, principal.providerId, query.periodId, query.after)),
        payouts: [...(await payoutsOf(db, principal.providerId, query.periodId))],
      }),
  }),
  ...payoutRoutes({ db, auth: auth.operator, nowMs }),
];
