import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { z } from 'zod';

/** A customer at the pages of his home utility, and the app that asks in his name. */
export interface DriverSeat {
  readonly issuer: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly login: string;
  readonly password: string;
}

/** Headers that prove who asks, for one request. */
export type DriverCaller = (method: string, address: URL) => Promise<Readonly<Record<string, string>>>;

const base64UrlHash = (text: string): string => createHash('sha256').update(text).digest('base64url');
const serverMetadata = z.object({
  authorization_endpoint: z.url(),
  pushed_authorization_request_endpoint: z.url(),
  token_endpoint: z.url(),
});
const tokens = z.object({ access_token: z.string(), expires_in: z.number() });
/** Asked again so long before a token ends. */
const BEFORE_ITS_END_MS = 60_000;

/** Opens addresses with the cookies of one sign-in, one redirect at a time, until one leaves the site. */
const visitor = (origin: string) => {
  const cookies = new Map<string, string>();
  return async (address: string | URL, form?: Readonly<Record<string, string>>) => {
    let url = new URL(address, origin);
    let body = form && new URLSearchParams(form);
    for (;;) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await fetch(url, {
        redirect: 'manual',
        headers: { cookie },
        ...(body !== undefined && { method: 'POST', body }),
      });
      for (const line of answer.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (name !== undefined) cookies.set(name, value ?? '');
      }
      const location = answer.headers.get('location');
      const text = await answer.text();
      if (location === null) return { text, leftTo: undefined };
      url = new URL(location, url);
      body = undefined;
      if (url.origin !== origin) return { text, leftTo: url };
    }
  };
};

const formIn = (text: string): string => {
  const action = /<form[^>]*action="([^"]+)"/.exec(text)?.[1];
  if (action === undefined) throw new Error(`no form where a customer signs in: ${text.slice(0, 300)}`);
  return action;
};

/** Signs a customer in with the utility's own app, for what the scope and resource name. Spec: RFC 6749, 7636, 8707, 9449. */
export async function driverCaller(
  { issuer, clientId, redirectUri, login, password }: DriverSeat,
  scope: string,
  resource?: string,
): Promise<DriverCaller> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = await exportJWK(publicKey);
  const proof = (method: string, address: string, token?: string): Promise<string> =>
    new SignJWT({ htm: method, htu: address, ...(token !== undefined && { ath: base64UrlHash(token) }) })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .setIssuedAt()
      .setJti(randomUUID())
      .sign(privateKey);

  const metadata = await fetch(`${issuer}/.well-known/openid-configuration`);
  const endpoints = serverMetadata.parse(await metadata.json());

  const signIn = async () => {
    const verifier = randomBytes(32).toString('base64url');
    const ask = {
      client_id: clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope,
      state: randomUUID(),
      code_challenge: base64UrlHash(verifier),
      code_challenge_method: 'S256',
      dpop_jkt: await calculateJwkThumbprint(jwk),
      ...(resource !== undefined && { resource }),
    };
    const pushed = await fetch(endpoints.pushed_authorization_request_endpoint, {
      method: 'POST',
      body: new URLSearchParams(ask),
    });
    const told = await pushed.text();
    if (!pushed.ok) throw new Error(`a customer could not sign in: ${told}`);
    const { request_uri } = z.object({ request_uri: z.string() }).parse(JSON.parse(told));
    const visit = visitor(new URL(issuer).origin);
    const query = new URLSearchParams({ client_id: clientId, request_uri }).toString();
    const question = await visit(`${endpoints.authorization_endpoint}?${query}`);
    const asked = await visit(formIn(question.text), { login, password });
    const { leftTo } = asked.leftTo === undefined ? await visit(formIn(asked.text), {}) : asked;
    const endpoint = endpoints.token_endpoint;
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: { dpop: await proof('POST', endpoint) },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: clientId,
        code: leftTo?.searchParams.get('code') ?? '',
        redirect_uri: redirectUri,
        code_verifier: verifier,
        ...(resource !== undefined && { resource }),
      }),
    });
    const { access_token, expires_in } = tokens.parse(await answer.json());
    return { token: access_token, untilMs: Date.now() + expires_in * 1_000 - BEFORE_ITS_END_MS };
  };

  let signedIn = signIn();
  await signedIn;
  return async (method, address) => {
    const held = await signedIn;
    if (held.untilMs < Date.now()) signedIn = signIn();
    const { token } = await signedIn;
    return {
      authorization: `DPoP ${token}`,
      dpop: await proof(method, `${address.origin}${address.pathname}`, token),
    };
  };
}
