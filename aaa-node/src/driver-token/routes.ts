import { reply, route, type Auth, type Route } from '@roamgrid/service-kit';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import {
  driverToken,
  inForceAt,
  instantMs,
  recordId,
  sha256Hex,
  tokenAnswer,
  tokenQuestion,
  type AssertionClaims,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { Partner } from '../oidc/roaming-auth.ts';
import { aaaError } from '../problems.ts';
import type { Db } from '../store/database.ts';
import { createTokenKey } from './key.ts';
import { createResolver } from './resolve.ts';
import { addToken, removeToken, setTokenState, tokensOf } from './tokens.ts';

export interface CardTokenOptions {
  readonly db: Db;
  readonly registry: Pick<IssuerRegistry, 'issuer'>;
  readonly auth: {
    readonly operator: Auth<AssertionClaims>;
    readonly router: Auth<AssertionClaims>;
    readonly partner: Auth<Partner>;
  };
  readonly utilityId: string;
  readonly secretHex: string;
  readonly unknownTokensPerMinute: number;
  readonly nowMs: () => number;
}

const state = z.enum(['active', 'blocked']);
const registeredToken = z.strictObject({
  tokenId: recordId,
  type: driverToken.shape.type,
  label: z.string().exactOptional(),
  state,
  registeredAtMs: instantMs,
});

/** `POST /operator/v1/cins/{cinRef}/driver-tokens` */
const tokenRequest = z.strictObject({
  token: driverToken,
  /** To tell the card's tokens apart; nothing of the token itself. */
  label: z.string().min(1).max(60).exactOptional(),
  /** It is of a customer of a partner outside, who is asked at each swipe. */
  asksPartner: z.boolean().exactOptional(),
});

const ofCard = z.object({ cinRef: sha256Hex });
const ofToken = z.object({ tokenId: recordId });

/** Tokens that stand for a customer's card: kept by operators, asked for by the own router and by partners. */
export const cardTokenRoutes = ({
  db,
  registry,
  auth: { operator, router, partner },
  utilityId,
  secretHex,
  unknownTokensPerMinute,
  nowMs,
}: CardTokenOptions): readonly Route[] => {
  const keyOf = createTokenKey(secretHex);
  const resolve = createResolver({ db, utilityId, keyOf, unknownTokensPerMinute, nowMs });
  return [
    route({
      method: 'post',
      path: '/operator/v1/cins/{cinRef}/driver-tokens',
      summary:
        'Register a card’s chip, a contract id or an app’s number with a CIN; the same again changes nothing',
      auth: operator,
      params: ofCard,
      body: tokenRequest,
      answers: { 201: registeredToken },
      problems: ['CIN_NOT_FOUND', 'TOKEN_TAKEN'],
      handler: async ({ params, body }) =>
        reply(201, await addToken(db, { keyOf, utilityId }, { cinRef: params.cinRef, ...body }, nowMs())),
    }),
    route({
      method: 'get',
      path: '/operator/v1/cins/{cinRef}/driver-tokens',
      summary: 'Tokens of a CIN, without what they read like',
      auth: operator,
      params: ofCard,
      answers: { 200: z.strictObject({ tokens: z.array(registeredToken) }) },
      handler: async ({ params }) => reply(200, { tokens: [...(await tokensOf(db, params.cinRef))] }),
    }),
    route({
      method: 'put',
      path: '/operator/v1/driver-tokens/{tokenId}/state',
      summary: 'Block a token, or unblock it; the card stays as it is',
      auth: operator,
      params: ofToken,
      body: z.strictObject({ state }),
      answers: { 204: null },
      problems: ['TOKEN_NOT_FOUND'],
      handler: async ({ params, body }) => {
        await setTokenState(db, params.tokenId, body.state, nowMs());
        return reply(204);
      },
    }),
    route({
      method: 'delete',
      path: '/operator/v1/driver-tokens/{tokenId}',
      summary: 'Forget a token',
      auth: operator,
      params: ofToken,
      answers: { 204: null },
      problems: ['TOKEN_NOT_FOUND'],
      handler: async ({ params }) => {
        await removeToken(db, params.tokenId);
        return reply(204);
      },
    }),
    route({
      method: 'post',
      path: '/internal/v1/tokens/resolve',
      summary: 'Whose token is it, of this utility’s customers?',
      auth: router,
      body: tokenQuestion,
      answers: { 200: tokenAnswer },
      problems: ['RATE_LIMITED'],
      handler: async ({ body }) => reply(200, await resolve(utilityId, body.token)),
    }),
    route({
      method: 'post',
      path: '/roaming/v1/tokens/resolve',
      summary: 'Whose token is it? Told to utilities with an agreement in force alone',
      auth: partner,
      body: tokenQuestion,
      answers: { 200: tokenAnswer },
      problems: ['ISSUER_REFUSED', 'RATE_LIMITED'],
      handler: async ({ principal, body }) => {
        const issuer = await registry.issuer(principal.utilityId);
        const agreement = issuer.ok ? issuer.entry.agreement : undefined;
        if (agreement === undefined || !inForceAt(agreement, nowMs()))
          throw aaaError('ISSUER_REFUSED', `no agreement with ${principal.utilityId} is in force`);
        return reply(200, await resolve(principal.utilityId, body.token));
      },
    }),
  ];
};
