import { kitError, type Auth, type AuthRequest } from '@roamgrid/service-kit';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import { aaaError } from '../problems.ts';
import { CHARGING_SCOPE, ROAMING_SCOPE } from './resources.ts';
import { createTokenAuth, tokenScheme, type TokenAuthOptions } from './token-auth.ts';

/** Another utility, proven by a sender-constrained token of this node's provider. */
export interface Partner {
  readonly utilityId: string;
}

/** Another utility, for one session that a driver consented to. */
export interface ChargingPartner extends Partner {
  readonly sessionId: string;
}

export interface RoamingAuthOptions extends TokenAuthOptions {
  readonly registry: IssuerRegistry;
}

/** Authentication of the roaming API: partners' tokens, as long as the registry knows the partner. */
export const createRoamingAuth = (options: RoamingAuthOptions) => {
  const readToken = createTokenAuth(options);
  const authenticate = async (request: AuthRequest, scope: string) => {
    const claims = await readToken(request, scope);
    const issuer = await options.registry.issuer(claims.client_id);
    if (!issuer.ok) throw aaaError('ISSUER_REFUSED', `${claims.client_id} is ${issuer.why} in the registry`);
    return claims;
  };

  const partner: Auth<Partner> = {
    schemeName: 'roaming_token',
    scheme: tokenScheme(ROAMING_SCOPE),
    authenticate: async (request) => ({ utilityId: (await authenticate(request, ROAMING_SCOPE)).client_id }),
  };
  const chargingPartner: Auth<ChargingPartner> = {
    schemeName: 'charging_token',
    scheme: tokenScheme(CHARGING_SCOPE),
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
