import { Provider, errors, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import type { AaaNodeSettings } from '../config.ts';
import type { Authoriser } from '../roaming/authorise.ts';
import { CONSENT_DELIVERY_MS } from '../roaming/decide.ts';
import type { Db } from '../store/database.ts';
import { activeProvider } from '../infrastructure/providers.ts';
import { createAdapterFactory, type ClientSource } from './adapter.ts';
import { fromRedirectOrigin } from './cors.ts';
import { defaultResource } from './grants.ts';
import { deviceCodePage, deviceConfirmPage, deviceDonePage, errorPage } from './pages.ts';
import {
  BILLS_SCOPE,
  BOOKING_SCOPE,
  CHARGING_SCOPE,
  CHARGING_TOKEN_TTL_S,
  DEVICE_SCOPE,
  DRIVER_TOKEN_TTL_S,
  OFFLINE_SCOPE,
  ROAMING_SCOPE,
  ROAMING_TOKEN_TTL_S,
  STATEMENT_SCOPE,
  type TokenResources,
} from './resources.ts';
import { checkChargingDetail, cibaFeature } from './swipe.ts';

export interface ProviderOptions {
  readonly issuer: string;
  readonly db: Db;
  readonly clients: ClientSource;
  readonly authoriser: Authoriser;
  readonly resources: TokenResources;
  readonly settings: Pick<
    AaaNodeSettings,
    'apps' | 'channel' | 'providerKeys' | 'secrets' | 'times' | 'utilityId' | 'utilityName'
  >;
  /** Trusted proxies stand before this node: what they say of the address that was asked is believed. */
  readonly behindProxy: boolean;
}

/** Spec: RFC 8707; access tokens are signed JWTs (RFC 9068), so that the API they are for needs no call back. */
const resourceServer = (ctx: KoaContextWithOIDC, indicator: string, resources: TokenResources) => {
  const jwt = { sign: { alg: 'ES256' as const } };
  const common = { audience: indicator, accessTokenFormat: 'jwt' as const, jwt };
  if (indicator === resources.driver) {
    return { ...common, scope: BILLS_SCOPE, accessTokenTTL: DRIVER_TOKEN_TTL_S };
  }
  if (indicator === resources.device) {
    const scope = [DEVICE_SCOPE, BOOKING_SCOPE, OFFLINE_SCOPE].join(' ');
    return { ...common, scope, accessTokenTTL: DRIVER_TOKEN_TTL_S };
  }
  if (indicator === resources.infrastructure) {
    return { ...common, scope: STATEMENT_SCOPE, accessTokenTTL: DRIVER_TOKEN_TTL_S };
  }
  if (indicator === resources.roaming) {
    const charging = ctx.oidc.params?.['grant_type'] !== 'client_credentials';
    return {
      ...common,
      scope: `${ROAMING_SCOPE} ${CHARGING_SCOPE}`,
      accessTokenTTL: charging ? CHARGING_TOKEN_TTL_S : ROAMING_TOKEN_TTL_S,
    };
  }
  throw new errors.InvalidTarget('no such resource');
};

const findAccount = (db: Db) => async (_ctx: unknown, sub: string) => {
  const customer = await db
    .selectFrom('customer')
    .select('sub')
    .where('sub', '=', sub)
    .where('state', '<>', 'erased')
    .executeTakeFirst();
  const known = customer ?? (await activeProvider(db, sub));
  // Tokens carry the subject alone: whoever reads one learns nothing about the person.
  return known === undefined ? undefined : { accountId: sub, claims: () => ({ sub }) };
};

const configuration = (options: ProviderOptions): Configuration => {
  const { db, clients, authoriser, resources, settings } = options;
  const appIds = new Set(settings.apps.map(({ clientId }) => clientId));
  return {
    adapter: createAdapterFactory(db, clients),
    clientDefaults: { id_token_signed_response_alg: 'ES256', token_endpoint_auth_method: 'private_key_jwt' },
    clientAuthMethods: ['private_key_jwt', 'none'],
    enabledJWA: {
      clientAuthSigningAlgValues: ['ES256'],
      idTokenSigningAlgValues: ['ES256'],
      dPoPSigningAlgValues: ['ES256'],
    },
    jwks: { keys: settings.providerKeys.map((key) => ({ ...key, use: 'sig', alg: 'ES256' })) },
    scopes: ['openid', 'offline_access'],
    claims: { openid: ['sub'] },
    responseTypes: ['code'],
    pkce: { required: () => true },
    cookies: { keys: [settings.secrets.cookies] },
    findAccount: findAccount(db),
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    renderError: errorPage,
    clientBasedCORS: fromRedirectOrigin,
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      userinfo: { enabled: true },
      rpInitiatedLogout: { enabled: false },
      ciba: cibaFeature(db, authoriser),
      deviceFlow: {
        enabled: true,
        charset: 'base-20',
        mask: '****-****',
        userCodeInputSource: deviceCodePage(settings.utilityName),
        userCodeConfirmSource: deviceConfirmPage(settings.utilityName),
        successSource: deviceDonePage(settings.utilityName),
      },
      richAuthorizationRequests: {
        enabled: true,
        types: { ev_charging: { validate: checkChargingDetail(settings) } },
        // Details are only ever granted by a consent at the station, never by an app's sign-in.
        authorizationDetailsForGrantSource: () => undefined,
        authorizationDetailsForAccessToken: (_ctx, _token, source) => source?.rar,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: defaultResource(resources, (clientId) => appIds.has(clientId)),
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, indicator) => resourceServer(ctx, indicator, resources),
      },
    },
    ttl: {
      BackchannelAuthenticationRequest:
        Math.ceil((settings.times.consent + CONSENT_DELIVERY_MS) / 1_000) + 60,
      ClientCredentials: ROAMING_TOKEN_TTL_S,
      AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? DRIVER_TOKEN_TTL_S,
      AuthorizationCode: 60,
      DeviceCode: 600,
      IdToken: 600,
      Interaction: 900,
      Session: 12 * 3_600,
      Grant: 14 * 86_400,
      RefreshToken: 14 * 86_400,
    },
  };
};

/** The utility's OpenID provider. Spec: OpenID Connect Core, CIBA Core, RFC 7636, 8628, 8707, 9126, 9396, 9449. */
export const createProvider = (options: ProviderOptions): Provider => {
  const provider = new Provider(options.issuer, configuration(options));
  provider.proxy = options.behindProxy;
  return provider;
};
