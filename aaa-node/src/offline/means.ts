import { formatMicros } from '@roamgrid/domain';
import { putAside, type Exchange, type OfflineMeans } from '@roamgrid/wire';
import type { AccountMeans } from '../hcp/accounts.ts';
import { aaaError } from '../problems.ts';

/** What an account has left for tokens. */

export const offlineMeansOf = (
  { currency, availableMicros }: Pick<AccountMeans, 'currency' | 'availableMicros'>,
  lowMicros: bigint,
): OfflineMeans => ({
  currency,
  leftMicros: availableMicros > 0n ? availableMicros : 0n,
  lowMicros,
});

/**
 * Whether so much may be put aside. What may be spent where nobody is asked is on the account before it is spent.
 * @throws ServiceError OFFLINE_GO_ONLINE with what is left
 */
export const requireMeans = ({ currency, leftMicros, lowMicros }: OfflineMeans, heldMicros: bigint): void => {
  const amount = (micros: bigint): string => `${formatMicros(micros)} ${currency}`;
  if (leftMicros < lowMicros)
    throw aaaError('OFFLINE_GO_ONLINE', `${amount(leftMicros)} are left, less than ${amount(lowMicros)}`);
  if (leftMicros < heldMicros)
    throw aaaError(
      'OFFLINE_GO_ONLINE',
      `${amount(leftMicros)} are left, and the token may cost ${amount(heldMicros)}`,
    );
};

/** What a token takes of the account, in its currency. */
export const heldFor = (costMicros: bigint, exchange: Exchange | undefined): bigint =>
  exchange === undefined ? costMicros : putAside(costMicros, exchange);
