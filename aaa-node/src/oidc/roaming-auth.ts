import { grantedChargingDetail, type PublicJwk } from '@roamgrid/wire';
import { checkDpop, createReplayCache, kitError, type Auth, type AuthRequest } from '@roamgrid/service-kit';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { z } from 'zod';
import { aaaError } from '../problems.ts';
import { CHARGING_SCOPE, ROAMING_SCOPE } from './resources.ts';

/** Another utility, proven by a sender-constrained token of this node's provider. */
export interface Partner {
  readonly utilityId: string;
}

/** Another utility, for one session that a driver consented to. */
export interface ChargingPartner extends Partner {
  readonly sessionId: string;
}

export interface RoamingAuthOptions {
  /** Known once the node listens. */
  readonly issuer: () => string;
  readonly audience: () => string;
  /** Origin under which the roaming API is asked. */
  readonly origin: () => string;
  readonly keys: readonly PublicJwk[];
  readonly registry: IssuerRegistry;
  readonly nowMs: () => number;
}

const tokenClaims = z.object({
  client_id: z.string(),
  scope: z.string(),
  cnf: z.object({ jkt: z.string() }),
  authorization_details: z.tuple([grantedChargingDetail]).optional(),
});

/** Longer than a proof can be used: twice its window. */
const PROOF_LIFE_MS = 180_000;
const DPOP_HEADER = /^DPoP ([\w.~+/=-]+)$/i;

/** Authentication of the roaming API. Spec: RFC 9068 (JWT access tokens), RFC 9449 (DPoP). */
export const createRoamingAuth = (options: RoamingAuthOptions) => {
  const keys = createLocalJWKSet({ keys: options.keys.map((key) => ({ ...key })) });
  const replay = createReplayCache();

  const readToken = async (token: string) => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ['ES256'],
        typ: 'at+jwt',
        issuer: options.issuer(),
        audience: options.audience(),
        currentDate: new Date(options.nowMs()),
      });
      return tokenClaims.parse(payload);
    } catch (cause) {
      throw kitError('UNAUTHENTICATED', 'the access token does not hold here', {
        remedy: 'Get a token for the roaming API from this provider.',
        cause,
      });
    }
  };

  const authenticate = async ({ headers, method, url }: AuthRequest, scope: string) => {
    const token = DPOP_HEADER.exec(headers.authorization ?? '')?.[1];
    if (token === undefined) throw kitError('UNAUTHENTICATED', 'there is no Authorization: DPoP token');
    const claims = await readToken(token);
    const proof = headers['dpop'];
    const nowMs = options.nowMs();
    const jti = await checkDpop({
      proof: typeof proof === 'string' ? proof : undefined,
      method,
      url: options.origin() + (url.split('?', 1)[0] ?? ''),
      accessToken: token,
      jkt: claims.cnf.jkt,
      nowMs,
    });
    if (!replay.first(`${claims.cnf.jkt} ${jti}`, nowMs + PROOF_LIFE_MS, nowMs)) {
      throw kitError('UNAUTHENTICATED', 'the DPoP proof was used before');
    }
    if (!claims.scope.split(' ').includes(scope))
      throw kitError('FORBIDDEN', `the token lacks scope ${scope}`);
    const issuer = await options.registry.issuer(claims.client_id);
    if (!issuer.ok) throw aaaError('ISSUER_REFUSED', `${claims.client_id} is ${issuer.why} in the registry`);
    return claims;
  };

  const scheme = (scope: string) => ({
    type: 'http',
    scheme: 'dpop',
    bearerFormat: 'JWT',
    description: `DPoP-bound access token of this provider with scope ${scope}.`,
  });

  const partner: Auth<Partner> = {
    schemeName: 'roaming_token',
    scheme: scheme(ROAMING_SCOPE),
    authenticate: async (request) => ({ utilityId: (await authenticate(request, ROAMING_SCOPE)).client_id }),
  };
  const chargingPartner: Auth<ChargingPartner> = {
    schemeName: 'charging_token',
    scheme: scheme(CHARGING_SCOPE),
    authenticate: async (request) => {
      const { client_id: utilityId, authorization_details: details } = await authenticate(
        request,
        CHARGING_SCOPE,
      );
      if (details === undefined) throw kitError('FORBIDDEN', 'the token is for no session');
      return { utilityId, sessionId: details[0].sessionId };
    },
  };
  return { partner, chargingPartner };
};
