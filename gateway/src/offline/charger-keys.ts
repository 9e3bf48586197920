import { createPrivateKey, type JsonWebKey } from 'node:crypto';
import { keyIdOf, type Agreement, type PublicKey, type Signer } from '@roamgrid/offline';
import { agreementOf, NODE_SUITE, publicKeyOf, signerOf } from '@roamgrid/offline/node';
import { presentKeys } from '@roamgrid/wire';
import type { GatewaySettings, PrivateJwk } from '../config.ts';
import { gatewayError } from '../problems.ts';
import type { Registry } from '../registry/registry.ts';

type ChargerSettings = NonNullable<GatewaySettings['offline']['chargers']>;

/** The keys of a utility towards its chargers. */
export interface ChargerKeys {
  /** Signs certificates, lists, receipts and times, and nothing else. */
  readonly signer: Signer;
  readonly key: PublicKey & { readonly y: Uint8Array };
  /** The present reader, and earlier ones for whom chargers may still seal. */
  readonly readers: readonly [Agreement, ...Agreement[]];
  /** @throws ServiceError OFFLINE_KEY_UNREGISTERED: phones would believe nothing that is signed now */
  requireRegistered(): void;
}

const agreementFrom = ({ d }: PrivateJwk): Agreement =>
  agreementOf(new Uint8Array(Buffer.from(d, 'base64url')));

export const chargerKeys = async (
  { key: { kid: _kid, ...jwk }, reader, earlierReaders }: ChargerSettings,
  registry: Registry,
  utilityId: string,
): Promise<ChargerKeys> => {
  const privateKey = createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' });
  const key = publicKeyOf(privateKey);
  return {
    key,
    signer: signerOf(privateKey, await keyIdOf(key, NODE_SUITE)),
    readers: [agreementFrom(reader), ...earlierReaders.map(agreementFrom)],
    requireRegistered() {
      const isThere = presentKeys(registry.utility(utilityId)?.offlineKeys ?? []).some(
        ({ use, x, y }) => use === 'chargers' && x === jwk.x && y === jwk.y,
      );
      if (!isThere)
        throw gatewayError(
          'OFFLINE_KEY_UNREGISTERED',
          'the registry does not have the key that signs for chargers',
        );
    },
  };
};
