import { evChargingDetail, homeDecision, type ChargeOffer, type HomeDecision } from '@roamgrid/wire';
import { importJWK, type JWK } from 'jose';
import * as client from 'openid-client';
import { VISITED } from '@roamgrid/service-kit/testing';
import type { World } from './world.ts';

/** The visited utility, played by an independent OpenID client (openid-client) over real HTTP. */

const cryptoKey = async (jwk: JWK): Promise<client.CryptoKey> => {
  const key = await importJWK(jwk, 'ES256');
  if (key instanceof Uint8Array) throw new Error('not an EC key');
  return key;
};

export interface Visited {
  readonly config: client.Configuration;
  readonly dpop: client.DPoPHandle;
  /** Mints the one token for the roaming API. */
  roamingToken(): Promise<string>;
  /** A backchannel request; answers `auth_req_id`. */
  swipe(
    cin: string,
    offer: ChargeOffer,
    changes?: Record<string, string>,
  ): Promise<client.BackchannelAuthenticationResponse>;
  decision(token: string, authReqId: string): Promise<HomeDecision>;
  consent(token: string, authReqId: string, body: object): Promise<Response>;
  /** Asks the token endpoint for the charging token once. */
  chargingToken(authReqId: string): Promise<client.TokenEndpointResponse>;
  call(token: string, method: string, path: string, body?: unknown): Promise<Response>;
}

export const startVisited = async (
  world: World,
  key: JWK = world.keys.visited,
  utilityId = VISITED,
): Promise<Visited> => {
  const signing = { key: await cryptoKey(key), kid: key.kid ?? '' };
  const config = await client.discovery(
    new URL(world.node.issuer),
    utilityId,
    {},
    client.PrivateKeyJwt(signing),
    {
      // Loopback has no TLS in tests.
      // oxlint-disable-next-line typescript/no-deprecated
      execute: [client.allowInsecureRequests],
    },
  );
  const dpop = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
  const call = async (token: string, method: string, path: string, body?: unknown): Promise<Response> =>
    client
      .fetchProtectedResource(
        config,
        token,
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
  return {
    config,
    dpop,
    call,
    async roamingToken() {
      const tokens = await client.clientCredentialsGrant(config, { scope: 'roaming' }, { DPoP: dpop });
      return tokens.access_token;
    },
    swipe: (cin, offer, changes = {}) =>
      client.initiateBackchannelAuthentication(config, {
        scope: 'openid charging',
        login_hint: cin,
        binding_message: offer.evseId,
        authorization_details: JSON.stringify([
          evChargingDetail.encode({ type: 'ev_charging', actions: ['charge'], offer }),
        ]),
        ...changes,
      }),
    async decision(token, authReqId) {
      const response = await call(token, 'GET', `/roaming/v1/authorisations/${authReqId}`);
      return homeDecision.parse(await response.json());
    },
    consent: (token, authReqId, body) =>
      call(token, 'POST', `/roaming/v1/authorisations/${authReqId}/consent`, body),
    chargingToken: (authReqId) =>
      client.genericGrantRequest(
        config,
        'urn:openid:params:grant-type:ciba',
        { auth_req_id: authReqId },
        { DPoP: dpop },
      ),
  };
};
