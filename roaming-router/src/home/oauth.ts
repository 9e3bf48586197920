import type { Outside, OutsideRequest } from '@roamgrid/service-kit/outside';
import type { PublicJwk } from '@roamgrid/wire';
import { importJWK } from 'jose';
import * as client from 'openid-client';
import { HomeFailure, isCutOff, toHomeFailure } from './failure.ts';

/** OAuth towards home utilities: discovery, client assertions, one sender-constrained token for each home. */

export interface OAuthOptions {
  /** Own utility id: the client id everywhere. */
  readonly clientId: string;
  readonly signingKey: PublicJwk & { readonly d: string };
  readonly dpopKey: PublicJwk & { readonly d: string };
  readonly nowMs: () => number;
  /** The way to what the homes registered. */
  readonly outside: Outside;
}

interface Metadata {
  readonly server: client.ServerMetadata;
  readonly readAtMs: number;
}

interface RoamingToken {
  readonly value: string;
  readonly untilMs: number;
}

/** A provider's metadata serve so long. */
const METADATA_FRESH_MS = 600_000;
/** A token is renewed so long before its end. */
const RENEW_EARLY_MS = 30_000;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

const privateKey = async (jwk: PublicJwk & { readonly d: string }): Promise<client.CryptoKey> => {
  const key = await importJWK({ ...jwk }, 'ES256');
  if (key instanceof Uint8Array) throw new Error('the key is not an EC key');
  return key;
};

const publicKey = async ({ kty, crv, x, y }: PublicJwk): Promise<client.CryptoKey> => {
  const key = await importJWK({ kty, crv, x, y }, 'ES256', { extractable: true });
  if (key instanceof Uint8Array) throw new Error('the key is not an EC key');
  return key;
};

/** What one exchange needs: a configuration whose every request obeys the signal, and the DPoP key's handle. */
export interface Session {
  readonly config: client.Configuration;
  readonly dpop: client.DPoPHandle;
}

export const createOAuth = ({ clientId, signingKey, dpopKey, nowMs, outside }: OAuthOptions) => {
  const metadata = new Map<string, Metadata>();
  const tokens = new Map<string, RoamingToken>();
  const minting = new Map<string, Promise<RoamingToken>>();
  const authentication = privateKey(signingKey).then((key) =>
    client.PrivateKeyJwt({ key, kid: signingKey.kid }),
  );
  const dpopPair = Promise.all([privateKey(dpopKey), publicKey(dpopKey)]).then(([secret, open]) => ({
    privateKey: secret,
    publicKey: open,
  }));

  /** Plain HTTP is for loopback only: between hosts the registry must name `https`. */
  const mayBeInsecure = (issuer: string): boolean => LOOPBACK.has(new URL(issuer).hostname);

  const boundFetch =
    (signal: AbortSignal): client.CustomFetch =>
    (url, options) =>
      // The library's type has streams of another library's; it sends texts and forms alone.
      outside.fetch(url, { ...options, signal } as OutsideRequest);

  const discover = async (issuer: string, signal: AbortSignal): Promise<client.ServerMetadata> => {
    const known = metadata.get(issuer);
    if (known !== undefined && nowMs() - known.readAtMs < METADATA_FRESH_MS) return known.server;
    const config = await client.discovery(new URL(issuer), clientId, {}, await authentication, {
      [client.customFetch]: boundFetch(signal),
      // oxlint-disable-next-line typescript/no-deprecated -- deprecated only to stand out, see mayBeInsecure
      execute: mayBeInsecure(issuer) ? [client.allowInsecureRequests] : [],
    });
    const { issuer: named, token_endpoint, backchannel_authentication_endpoint } = config.serverMetadata();
    for (const endpoint of [token_endpoint, backchannel_authentication_endpoint]) {
      if (endpoint === undefined || new URL(endpoint).origin !== new URL(issuer).origin) {
        throw new HomeFailure('protocol', 'the provider’s endpoints are missing or at another host');
      }
    }
    const server = {
      issuer: named,
      token_endpoint,
      backchannel_authentication_endpoint,
    } as client.ServerMetadata;
    metadata.set(issuer, { server, readAtMs: nowMs() });
    return server;
  };

  const session = async (issuer: string, signal: AbortSignal): Promise<Session> => {
    const server = await discover(issuer, signal);
    const config = new client.Configuration(
      server,
      clientId,
      { id_token_signed_response_alg: 'ES256' },
      await authentication,
    );
    config[client.customFetch] = boundFetch(signal);
    // oxlint-disable-next-line typescript/no-deprecated -- deprecated only to stand out, see mayBeInsecure
    if (mayBeInsecure(issuer)) client.allowInsecureRequests(config);
    return { config, dpop: client.getDPoPHandle(config, await dpopPair) };
  };

  const mint = async ({ config, dpop }: Session): Promise<RoamingToken> => {
    const answer = await client.clientCredentialsGrant(config, { scope: 'roaming' }, { DPoP: dpop });
    return { value: answer.access_token, untilMs: nowMs() + (answer.expires_in ?? 60) * 1_000 };
  };

  return {
    session,
    /** The one token for a home's roaming API: minted when there is none or it is about to end, then reused. */
    async roamingToken(issuer: string, open: Session): Promise<string> {
      const known = tokens.get(issuer);
      if (known !== undefined && nowMs() < known.untilMs - RENEW_EARLY_MS) return known.value;
      let running = minting.get(issuer);
      if (running === undefined) {
        running = mint(open).finally(() => minting.delete(issuer));
        minting.set(issuer, running);
      }
      const token = await running;
      tokens.set(issuer, token);
      return token.value;
    },
    /** Forgets a token and metadata that the home no longer takes. */
    forget(issuer: string): void {
      tokens.delete(issuer);
      metadata.delete(issuer);
    },
    /**
     * Runs an exchange and sorts its failures. When the connection was lost it is made once more, with a fresh assertion
     * and proof: home may have heard the first, and takes everything that we ask twice as once.
     */
    async exchange<T>(issuer: string, signal: AbortSignal, f: (open: Session) => Promise<T>): Promise<T> {
      const once = async (): Promise<T> => {
        try {
          return await f(await session(issuer, signal));
        } catch (thrown) {
          throw toHomeFailure(thrown);
        }
      };
      try {
        return await once();
      } catch (thrown) {
        if (!isCutOff(thrown) || signal.aborted) throw thrown;
        return once();
      }
    },
  };
};

export type OAuth = ReturnType<typeof createOAuth>;
