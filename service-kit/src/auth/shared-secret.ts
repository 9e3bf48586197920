import { createHash, timingSafeEqual } from 'node:crypto';
import type { Auth } from '../http/route.ts';
import { kitError } from '../problem/service-error.ts';
import { bearerToken } from './bearer.ts';

const LEAST_TOKEN_LENGTH = 32;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Routes for one caller who holds a token of the configuration: compared by digest, in the same time whatever is wrong. */
export const sharedSecretAuth = <Principal extends string>(
  tokens: readonly string[],
  principal: Principal,
): Auth<Principal> => {
  if (tokens.length === 0 || tokens.some((token) => token.length < LEAST_TOKEN_LENGTH))
    throw new RangeError(
      `a service with shared secrets needs tokens of at least ${LEAST_TOKEN_LENGTH} characters`,
    );
  const known = tokens.map(digest);
  return {
    schemeName: 'sharedSecret',
    scheme: {
      type: 'http',
      scheme: 'bearer',
      description: 'A shared secret from the configuration of the service.',
    },
    authenticate: ({ headers }) => {
      const given = digest(bearerToken(headers.authorization));
      const matches = known.map((one) => timingSafeEqual(one, given));
      if (!matches.includes(true)) throw kitError('UNAUTHENTICATED', 'the token is not known here');
      return Promise.resolve(principal);
    },
  };
};
