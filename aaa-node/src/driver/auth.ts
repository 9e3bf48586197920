import type { Auth } from '@roamgrid/service-kit';
import { DEVICE_SCOPE } from '../oidc/resources.ts';
import { createTokenAuth, tokenScheme, type TokenAuthOptions } from '../oidc/token-auth.ts';

/** A customer who signed in. */
export interface Driver {
  readonly sub: string;
}

/** Authentication of this node's driver API: customers' own tokens, bound to the app that holds them. */
export const createDriverAuth = (options: TokenAuthOptions): Auth<Driver> => {
  const readToken = createTokenAuth(options);
  return {
    schemeName: 'device_token',
    scheme: tokenScheme(DEVICE_SCOPE),
    authenticate: async (request) => ({ sub: (await readToken(request, DEVICE_SCOPE)).sub }),
  };
};
