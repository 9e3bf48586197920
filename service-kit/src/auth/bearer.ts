import type { AssertionClaims } from '@roamgrid/wire';
import type { Auth } from '../http/route.ts';
import { kitError } from '../problem/service-error.ts';
import { createAssertionVerifier, type AssertionVerifier } from './assertion.ts';

const BEARER = /^Bearer ([\w.~+/=-]+)$/i;

/** The token of an `Authorization: Bearer` header. Spec: RFC 6750 §2.1. */
export const bearerToken = (header: string | undefined): string => {
  const token = header === undefined ? undefined : BEARER.exec(header)?.[1];
  if (token === undefined) {
    throw kitError('UNAUTHENTICATED', 'there is no bearer token', { remedy: 'Send Authorization: Bearer.' });
  }
  return token;
};

/** Routes that machines of one's own utility ask with an assertion. */
export const assertionAuth = (verifier: AssertionVerifier): Auth<AssertionClaims> => {
  const verify = createAssertionVerifier(verifier);
  return {
    schemeName: `assertion_${verifier.roles.join('_').replaceAll('-', '')}`,
    scheme: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: `Signed assertion, at most a minute old, of: ${verifier.roles.join(', ')}.`,
    },
    authenticate: ({ headers }) => verify(bearerToken(headers.authorization)),
  };
};
