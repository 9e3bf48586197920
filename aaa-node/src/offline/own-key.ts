import { createPrivateKey } from 'node:crypto';
import { keyIdOf, type Signer } from '@roamgrid/offline';
import { NODE_SUITE, publicKeyOf, signerOf } from '@roamgrid/offline/node';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import { presentKeys } from '@roamgrid/wire';
import { aaaError } from '../problems.ts';
import type { OfflineSettings } from './config.ts';

/** The key that signs tokens, as the ledger's registry has it. */
export interface TokenIssuer {
  readonly signer: Signer;
  /** The epoch of tokens that are issued now. */
  readonly epoch: number;
}

/**
 * The own key for tokens and the present epoch. Chargers believe what stands in the registry, so nothing is signed that it does not have.
 * @throws ServiceError OFFLINE_NOT_OFFERED
 */
export const createTokenIssuer = (
  registry: Pick<IssuerRegistry, 'issuer'>,
  utilityId: string,
  { key: { kid: _kid, ...jwk } }: Pick<OfflineSettings, 'key'>,
) => {
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  const kid = keyIdOf(publicKeyOf(key), NODE_SUITE);
  return async (): Promise<TokenIssuer> => {
    const own = await registry.issuer(utilityId);
    const { offlineKeys = [], tokenEpochs = [] } = own.ok ? own.entry.utility : {};
    const isThere = presentKeys(offlineKeys).some(
      ({ use, x, y }) => use === 'tokens' && x === jwk.x && y === jwk.y,
    );
    if (!isThere)
      throw aaaError('OFFLINE_NOT_OFFERED', 'the registry does not have the key that signs tokens yet');
    return { signer: signerOf(key, await kid), epoch: tokenEpochs.at(-1)?.epoch ?? 0 };
  };
};
