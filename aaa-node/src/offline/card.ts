import type { PaymentMethod } from '../store/schema.ts';
import { lockOwnCard, type SwipedCustomer } from '../hcp/customers.ts';
import { aaaError } from '../problems.ts';
import { checkCustomer } from '../roaming/decide.ts';
import type { Db, Trx } from '../store/database.ts';

export type OfflineCard = SwipedCustomer & { readonly paymentMethod: PaymentMethod };

interface OfCard {
  readonly sub: string;
  readonly cinRef: string;
  readonly vun: string;
}

/**
 * The customer's own card, as long as it charges there and home decides on it alone.
 * @throws ServiceError CIN_NOT_FOUND, CIN_NOT_ACTIVE, OFFLINE_NOT_OFFERED
 */
export const lockCard = async (
  trx: Trx,
  { sub, cinRef, vun }: OfCard,
  nowMs: number,
): Promise<OfflineCard> => {
  const card = await lockOwnCard(trx, sub, cinRef);
  if (card === undefined) throw aaaError('CIN_NOT_FOUND', 'no CIN of this customer has this reference');
  if (card.cinState !== 'active') throw aaaError('CIN_NOT_ACTIVE', `the card is ${card.cinState}`);
  const wrong = checkCustomer({ customer: card, offer: { vun, service: 'charging' }, nowMs });
  if (wrong !== undefined) throw aaaError('OFFLINE_NOT_OFFERED', wrong.message);
  const asked = await trx
    .selectFrom('driver_token')
    .select('token_id')
    .where('cin_ref', '=', cinRef)
    .where('asks_partner', '=', true)
    .executeTakeFirst();
  if (asked !== undefined)
    throw aaaError('OFFLINE_NOT_OFFERED', 'the card is of a partner who is asked each time');
  const { payment_method: paymentMethod } = await trx
    .selectFrom('account')
    .select('payment_method')
    .where('customer_id', '=', card.customerId)
    .executeTakeFirstOrThrow();
  if (paymentMethod === 'crypto')
    throw aaaError('OFFLINE_NOT_OFFERED', 'money in escrow may be over before a record comes');
  return { ...card, paymentMethod };
};

export const requireCard = (db: Db, of: OfCard, nowMs: number): Promise<OfflineCard> =>
  db.transaction().execute((trx) => lockCard(trx, of, nowMs));
