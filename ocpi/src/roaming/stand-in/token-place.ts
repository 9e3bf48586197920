import type { StandInCardTable } from '../../store/schema.ts';
import type { PeerPlace } from '../../store/peer-objects.ts';

/** Where the partner's token is that a card stands for. */
export const tokenPlaceOf = ({
  partner_id: partnerId,
  owner,
  token_key: key,
}: Pick<StandInCardTable, 'partner_id' | 'owner' | 'token_key'>): PeerPlace => ({
  partnerId,
  module: 'tokens',
  country: owner.slice(0, 2),
  party: owner.slice(2),
  key,
});
