import { checkDpop, kitError, type Auth, type ReplayGuard } from '@roamgrid/service-kit';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { z } from 'zod';

export interface DriverAuthOptions {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly audiences: () => readonly string[];
  /** Origin under which drivers' apps ask. */
  readonly origin: () => string;
  readonly replay: ReplayGuard;
}

/** The customer who asks, by the subject of the own OpenID provider. */
export interface Driver {
  readonly sub: string;
}

export const BILLS_SCOPE = 'bills';

/** Spec: RFC 9068 §2.2 (JWT access token), RFC 9449 §6 (`cnf.jkt`). */
const claims = z.object({
  sub: z.string().min(1).max(64),
  scope: z.string().default(''),
  cnf: z.object({ jkt: z.string() }).optional(),
});

const AUTHORIZATION = /^(Bearer|DPoP) ([\w.~+/=-]+)$/i;
const PROOF_LIFE_MS = 180_000;

const refuse = (detail: string, cause?: unknown) =>
  kitError('UNAUTHENTICATED', detail, { remedy: 'Sign in again at your utility.', cause });

/** Drivers come with an access token of their utility's provider; one that is bound to a key also needs its proof. */
export const driverAuth = (options: DriverAuthOptions): Auth<Driver> => {
  const keys = createRemoteJWKSet(new URL(options.jwksUri), { timeoutDuration: 3_000 });
  return {
    schemeName: 'driver',
    scheme: {
      type: 'http',
      scheme: 'DPoP',
      description: `Access token of ${options.issuer} with scope ${BILLS_SCOPE}, key-bound tokens with a DPoP proof.`,
    },
    authenticate: async ({ headers, method, url }) => {
      const token = AUTHORIZATION.exec(headers.authorization ?? '')?.[2];
      if (token === undefined) throw refuse('there is no access token');
      const { payload } = await jwtVerify(token, keys, {
        issuer: options.issuer,
        audience: [...options.audiences()],
        typ: 'at+jwt',
        algorithms: ['ES256', 'RS256', 'PS256', 'EdDSA'],
        clockTolerance: 5,
      }).catch((cause: unknown) => {
        throw refuse('the access token is not valid here', cause);
      });
      const parsed = claims.safeParse(payload);
      if (!parsed.success) throw refuse('the access token lacks a subject');
      const { sub, scope, cnf } = parsed.data;
      if (cnf !== undefined) {
        const proof = headers['dpop'];
        const nowMs = Date.now();
        const jti = await checkDpop({
          proof: Array.isArray(proof) ? undefined : proof,
          method,
          url: `${options.origin()}${url.split('?', 1)[0] ?? ''}`,
          accessToken: token,
          jkt: cnf.jkt,
          nowMs,
        });
        if (!(await options.replay.first(`${cnf.jkt} ${jti}`, nowMs + PROOF_LIFE_MS, nowMs))) {
          throw refuse('the DPoP proof was used before');
        }
      }
      if (!scope.split(' ').includes(BILLS_SCOPE)) {
        throw kitError('FORBIDDEN', `the access token has no scope ${BILLS_SCOPE}`);
      }
      return { sub };
    },
  };
};
