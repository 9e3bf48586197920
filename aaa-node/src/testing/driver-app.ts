import assert from 'node:assert/strict';
import type { TestCustomer } from '@roamgrid/service-kit/testing';
import * as client from 'openid-client';
import { createBrowser, readForm } from './browser.ts';
import type { World } from './world.ts';

const CLIENT_ID = 'driver-app';
export const REDIRECT = 'http://127.0.0.1:5555/callback';
/** Where the app is; its origin may ask the node. */
export const DRIVER_PAGE = 'http://127.0.0.1:5555/';

/** What a world needs to know the app. */
export const driverAppConfig = {
  apps: [{ clientId: CLIENT_ID, name: 'Driver app', redirectUris: [REDIRECT] }],
  driverAppUrl: DRIVER_PAGE,
};

/** An answer with what its body says. */
export type Answered<T> = Partial<T> & { readonly status: number; readonly code?: string };

/** The utility's own app on a driver's phone: signs in for one API, and asks it. */
export interface DriverApp {
  /** @returns the token, and what the provider asked the driver */
  signIn(
    driver: TestCustomer,
    ask: { readonly scope: string; readonly resource?: string },
  ): Promise<{ readonly token: string; readonly question: string }>;
  /** For what drivers do with their devices and wallets. */
  deviceToken(driver: TestCustomer): Promise<{ readonly token: string; readonly question: string }>;
  call<T extends object>(access: string, method: string, path: string, body?: unknown): Promise<Answered<T>>;
}

export const startDriverApp = async (world: World): Promise<DriverApp> => {
  const app = await client.discovery(
    new URL(world.node.issuer),
    CLIENT_ID,
    { id_token_signed_response_alg: 'ES256' },
    client.None(),
    // Loopback has no TLS in tests.
    // oxlint-disable-next-line typescript/no-deprecated
    { execute: [client.allowInsecureRequests] },
  );
  const dpop = client.getDPoPHandle(app, await client.randomDPoPKeyPair('ES256'));
  const signIn: DriverApp['signIn'] = async (driver, ask) => {
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const address = await client.buildAuthorizationUrlWithPAR(
      app,
      {
        redirect_uri: REDIRECT,
        state,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...ask,
      },
      { DPoP: dpop },
    );
    const browser = createBrowser(new URL(world.node.url).origin);
    const { action } = readForm(await browser.open(address));
    const question = await browser.open(action, { login: driver.login, password: driver.password });
    const { leftTo } = await browser.open(readForm(question).action, {});
    assert.ok(leftTo);
    const checks = { pkceCodeVerifier: verifier, expectedState: state };
    const more = ask.resource === undefined ? {} : { resource: ask.resource };
    const tokens = await client.authorizationCodeGrant(app, leftTo, checks, more, { DPoP: dpop });
    return { token: tokens.access_token, question: question.text };
  };
  return {
    signIn,
    deviceToken: (driver) => signIn(driver, { scope: 'openid device', resource: `${world.node.url}/driver` }),
    async call<T extends object>(
      access: string,
      method: string,
      path: string,
      body?: unknown,
    ): Promise<Answered<T>> {
      const response = await client
        .fetchProtectedResource(
          app,
          access,
          new URL(path, world.node.url),
          method,
          body === undefined ? null : JSON.stringify(body),
          new Headers(body === undefined ? {} : { 'content-type': 'application/json' }),
          { DPoP: dpop },
        )
        .catch((thrown: unknown) => {
          if (thrown instanceof client.WWWAuthenticateChallengeError) return thrown.response;
          throw thrown;
        });
      const text = await response.text();
      const told = (text === '' ? {} : JSON.parse(text)) as Partial<T> & { code?: string };
      return { ...told, status: response.status };
    },
  };
};
