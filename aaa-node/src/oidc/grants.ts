import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { TokenResources } from './resources.ts';

/** Which API a token is for: partner utilities get the roaming API, apps the driver API. */
export const defaultResource =
  (resources: TokenResources, isApp: (clientId: string) => boolean) =>
  (_ctx: KoaContextWithOIDC, client: { readonly clientId: string }, oneOf?: readonly string[]): string => {
    if (oneOf !== undefined && oneOf.length > 1) {
      throw new errors.InvalidTarget('ask for one resource at a time');
    }
    return oneOf?.[0] ?? (isApp(client.clientId) ? resources.driver : resources.roaming);
  };
