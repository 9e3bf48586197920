import type { Client, KoaContextWithOIDC } from 'oidc-provider';

/**
 * An app that runs in a browser asks from the origin to which its sign-in returns; pages elsewhere are refused.
 * An app's own scheme has no origin (`null`), and a sandboxed page claims exactly that, so it never matches.
 */
export const fromRedirectOrigin = (_ctx: KoaContextWithOIDC, origin: string, client: Client): boolean =>
  origin !== 'null' && (client.redirectUris ?? []).some((uri) => new URL(uri).origin === origin);
