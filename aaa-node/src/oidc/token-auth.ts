import { grantedChargingDetail, type PublicJwk } from '@roamgrid/wire';
import { checkDpop, kitError, type AuthRequest, type ReplayGuard } from '@roamgrid/service-kit';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { z } from 'zod';

export interface TokenAuthOptions {
  /** Known once the node listens. */
  readonly issuer: () => string;
  readonly audience: () => string;
  /** Origin under which the API is asked. */
  readonly origin: () => string;
  readonly keys: readonly PublicJwk[];
  readonly replay: ReplayGuard;
  readonly nowMs: () => number;
}

const tokenClaims = z.object({
  sub: z.string().min(1).max(64),
  client_id: z.string(),
  scope: z.string(),
  cnf: z.object({ jkt: z.string() }),
  authorization_details: z.tuple([grantedChargingDetail]).optional(),
});
export type TokenClaims = z.output<typeof tokenClaims>;

/** Longer than a proof can be used: twice its window. */
const PROOF_LIFE_MS = 180_000;
const DPOP_HEADER = /^DPoP ([\w.~+/=-]+)$/i;

/**
 * Access tokens of this node's own provider, each bound to its holder's key: for one API, with one scope, each proof once.
 * Spec: RFC 9068 (JWT access tokens), RFC 9449 (DPoP).
 */
export const createTokenAuth = (options: TokenAuthOptions) => {
  const keys = createLocalJWKSet({ keys: options.keys.map((key) => ({ ...key })) });

  const readToken = async (token: string): Promise<TokenClaims> => {
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
        remedy: `Get a token for ${options.audience()} from this provider.`,
        cause,
      });
    }
  };

  return async ({ headers, method, url }: AuthRequest, scope: string): Promise<TokenClaims> => {
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
    if (!(await options.replay.first(`${claims.cnf.jkt} ${jti}`, nowMs + PROOF_LIFE_MS, nowMs))) {
      throw kitError('UNAUTHENTICATED', 'the DPoP proof was used before');
    }
    if (!claims.scope.split(' ').includes(scope))
      throw kitError('FORBIDDEN', `the token lacks scope ${scope}`);
    return claims;
  };
};

/** How an API's description names such tokens. */
export const tokenScheme = (scope: string) => ({
  type: 'http',
  scheme: 'dpop',
  bearerFormat: 'JWT',
  description: `DPoP-bound access token of this provider with scope ${scope}.`,
});
