import type { Auth } from '@roamgrid/service-kit';
import { BOOKING_SCOPE, DEVICE_SCOPE, OFFLINE_SCOPE } from '../oidc/resources.ts';
import { createTokenAuth, tokenScheme, type TokenAuthOptions } from '../oidc/token-auth.ts';

/** A customer who signed in. */
export interface Driver {
  readonly sub: string;
}

/** Authentication of this node's driver API, for each of what a customer lets an app do: his own tokens, bound to that app. */
export const createDriverAuth = (options: TokenAuthOptions) => {
  const readToken = createTokenAuth(options);
  const withScope = (scope: string): Auth<Driver> => ({
    schemeName: `${scope}_token`,
    scheme: tokenScheme(scope),
    authenticate: async (request) => ({ sub: (await readToken(request, scope)).sub }),
  });
  return {
    device: withScope(DEVICE_SCOPE),
    booking: withScope(BOOKING_SCOPE),
    offline: withScope(OFFLINE_SCOPE),
  };
};
