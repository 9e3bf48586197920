import type { Grant, KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { BILLS_SCOPE, type TokenResources } from './resources.ts';

/**
 * Apps of the utility itself need no question "may this app see your bills": signing in to one's utility in its own app
 * is that consent. Grants what was asked of the known scopes.
 */
export const loadFirstPartyGrant =
  (resources: TokenResources) =>
  async (ctx: KoaContextWithOIDC): Promise<Grant | undefined> => {
    const { client, session, provider, result, requestParamScopes } = ctx.oidc;
    if (client === undefined || session?.accountId === undefined) return undefined;
    const known = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
    const grant =
      (known === undefined ? undefined : await provider.Grant.find(known)) ??
      new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope(
      ['openid', 'offline_access'].filter((scope) => requestParamScopes.has(scope)).join(' '),
    );
    if (requestParamScopes.has(BILLS_SCOPE)) grant.addResourceScope(resources.driver, BILLS_SCOPE);
    await grant.save();
    return grant;
  };

/** Which API a token is for: partner utilities get the roaming API, apps the driver API. */
export const defaultResource =
  (resources: TokenResources, isApp: (clientId: string) => boolean) =>
  (_ctx: KoaContextWithOIDC, client: { readonly clientId: string }, oneOf?: readonly string[]): string => {
    if (oneOf !== undefined && oneOf.length > 1) {
      throw new errors.InvalidTarget('ask for one resource at a time');
    }
    return oneOf?.[0] ?? (isApp(client.clientId) ? resources.driver : resources.roaming);
  };
