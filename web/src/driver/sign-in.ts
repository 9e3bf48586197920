import * as oauth from 'oauth4webapi';
import { SaidByPage } from '../shared/load.ts';
import { speech } from './words/speech.ts';

/** What the page's server tells it: where the utility is. */
export interface AppConfig {
  readonly utilityId: string;
  readonly utilityName: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly gatewayUrl: string;
  /** Names of the utilities of the network, by id. */
  readonly names: Readonly<Record<string, string>>;
  /** Gateways of the utilities whose chargers take tokens, by the utility's id: what phones carry goes there. */
  readonly gateways?: Readonly<Record<string, string>>;
  /** Where the radios of chargers are simulated, by the outlet's id: addresses of WebSockets. */
  readonly radios?: Readonly<Record<string, string>>;
}

/** A signed-in driver: asks the utility's driver API. The token lives in this closure and nowhere else. */
export type Ask = (
  path: string,
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE',
  body?: unknown,
) => Promise<Response>;

/** What the driver signs in for: each is an API of its own, which the driver is asked about by itself. */
export type Purpose = 'bills' | 'device' | 'booking' | 'wallet';

/** The wallet looks at what is booked, too: stations, cards, reservations. */
const scopeOf = (purpose: Purpose) => (purpose === 'wallet' ? 'openid offline booking' : `openid ${purpose}`);
const apiOf = ({ gatewayUrl, issuer }: AppConfig, purpose: Purpose): string =>
  purpose === 'bills' ? gatewayUrl : new URL(issuer).origin;
/** Spec: RFC 8707. Without one the token is for the bills. */
const resourceOf = ({ issuer }: AppConfig, purpose: Purpose) =>
  purpose === 'bills' ? {} : { resource: `${new URL(issuer).origin}/driver` };

export interface SignedIn {
  readonly purpose: Purpose;
  readonly ask: Ask;
  /** Who it is, as the utility names him to this app alone. */
  readonly sub: string;
}

/** What must survive the trip to the sign-in page. Worth nothing without the code that comes back. */
interface Pending {
  readonly purpose: Purpose;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}
const PENDING_KEY = 'roamgrid-sign-in';

/** Plain HTTP is for a utility on this machine only. */
// oxlint-disable-next-line typescript/no-deprecated -- marked so that it stands out; the scheme decides here
const transport = (url: string) => ({ [oauth.allowInsecureRequests]: new URL(url).protocol === 'http:' });
const redirectUri = () => `${location.origin}/`;
const clientOf = ({ clientId }: AppConfig): oauth.Client => ({ client_id: clientId });

async function discover(config: AppConfig): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(config.issuer);
  const response = await oauth.discoveryRequest(issuer, transport(config.issuer));
  return oauth.processDiscoveryResponse(issuer, response);
}

/**
 * Go to the utility's sign-in page. Authorization code with PKCE, the request itself pushed by the back channel.
 * Spec: OpenID Connect Core §3.1, RFC 7636, RFC 9126.
 * @param again ask for the password even when the browser is still signed in at the utility
 */
export async function goToSignIn(config: AppConfig, purpose: Purpose, again: boolean): Promise<void> {
  const server = await discover(config);
  const pending: Pending = {
    purpose,
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    codeVerifier: oauth.generateRandomCodeVerifier(),
  };
  const client = clientOf(config);
  const request = {
    client_id: config.clientId,
    response_type: 'code',
    redirect_uri: redirectUri(),
    scope: scopeOf(purpose),
    ...resourceOf(config, purpose),
    state: pending.state,
    nonce: pending.nonce,
    ui_locales: speech().language,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.codeVerifier),
    code_challenge_method: 'S256',
    ...(again ? { prompt: 'login' } : {}),
  };
  const response = await oauth.pushedAuthorizationRequest(
    server,
    client,
    oauth.None(),
    request,
    transport(config.issuer),
  );
  const pushed = await oauth.processPushedAuthorizationResponse(server, client, response);
  if (server.authorization_endpoint === undefined) throw new Error(speech().words.signIn.noPage);
  sessionStorage.setItem(PENDING_KEY, JSON.stringify(pending));
  const target = new URL(server.authorization_endpoint);
  target.searchParams.set('client_id', config.clientId);
  target.searchParams.set('request_uri', pushed.request_uri);
  location.assign(target);
}

/** The sign-in page sent the driver back with a refusal, which is no fault of anything. */
export class SignInRefused extends SaidByPage {
  override readonly name = 'SignInRefused';
}

/**
 * End a sign-in that came back to this address; undefined when none did. The key that the token is bound to is made here
 * and cannot leave the browser, so that a token alone opens nothing. Spec: RFC 9449 (DPoP).
 */
export async function endSignIn(config: AppConfig): Promise<SignedIn | undefined> {
  const here = new URL(location.href);
  const saved = sessionStorage.getItem(PENDING_KEY);
  const came = here.searchParams.has('code') || here.searchParams.has('error');
  if (!came) return undefined;
  // A reload must not use the code a second time.
  history.replaceState(null, '', redirectUri());
  sessionStorage.removeItem(PENDING_KEY);
  if (saved === null) return undefined;
  const pending = JSON.parse(saved) as Pending;

  const server = await discover(config);
  const client = clientOf(config);
  let answer: URLSearchParams;
  try {
    answer = oauth.validateAuthResponse(server, client, here, pending.state);
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError && error.error === 'access_denied')
      throw new SignInRefused(() => speech().words.signIn.cancelled);
    throw error;
  }
  const key = await oauth.generateKeyPair('ES256', { extractable: false });
  const dpop = oauth.DPoP(client, key);
  const { purpose } = pending;
  const options = {
    DPoP: dpop,
    additionalParameters: resourceOf(config, purpose),
    ...transport(config.issuer),
  };
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    answer,
    redirectUri(),
    pending.codeVerifier,
    options,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: pending.nonce,
    requireIdToken: true,
  });
  const api = apiOf(config, purpose);
  const ask: Ask = (path, method = 'GET', body) =>
    oauth.protectedResourceRequest(
      tokens.access_token,
      method,
      new URL(path, api),
      new Headers(body === undefined ? {} : { 'content-type': 'application/json' }),
      body === undefined ? undefined : JSON.stringify(body),
      { DPoP: dpop, ...transport(api) },
    );
  return { purpose, ask, sub: oauth.getValidatedIdTokenClaims(tokens)?.sub ?? '' };
}
