import { CIBA_GRANT, presentKeys } from '@roamgrid/wire';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import type { ClientMetadata } from 'oidc-provider';
import type { AaaNodeSettings } from '../config.ts';
import type { ClientSource } from './adapter.ts';

const UTILITY_ID = /^[A-Z]{2}[A-Z0-9]{3}$/;
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/**
 * Clients are never registered here. A utility, this one with its own stations among them, is a client as long as the
 * ledger's registry says so, with the keys that stand there; the driver's apps come from the configuration.
 */
export const createClientSource = (
  registry: IssuerRegistry,
  { apps }: Pick<AaaNodeSettings, 'apps'>,
): ClientSource => {
  const ownApps = new Map(
    apps.map((app): [string, ClientMetadata] => [
      app.clientId,
      {
        client_id: app.clientId,
        client_name: app.name,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: app.redirectUris,
        response_types: app.redirectUris.length > 0 ? ['code'] : [],
        grant_types: [
          ...(app.redirectUris.length > 0 ? ['authorization_code'] : []),
          'refresh_token',
          DEVICE_GRANT,
        ],
        require_pushed_authorization_requests: true,
        dpop_bound_access_tokens: true,
      },
    ]),
  );
  return async (clientId) => {
    const own = ownApps.get(clientId);
    if (own !== undefined) return own;
    if (!UTILITY_ID.test(clientId)) return undefined;
    const answer = await registry.issuer(clientId);
    if (!answer.ok) return undefined;
    const { utility } = answer.entry;
    return {
      client_id: utility.utilityId,
      client_name: utility.name,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks: {
        keys: presentKeys(utility.signingKeys).map(({ kty, crv, x, y, kid }) => ({ kty, crv, x, y, kid })),
      },
      grant_types: [CIBA_GRANT, 'client_credentials'],
      response_types: [],
      redirect_uris: [],
      backchannel_token_delivery_mode: 'poll',
      authorization_details_types: ['ev_charging'],
      dpop_bound_access_tokens: true,
    };
  };
};
