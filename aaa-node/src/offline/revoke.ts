import type { Trx } from '../store/database.ts';

/** Whose tokens are taken back. */
type OfTokens = { readonly cinRef: string } | { readonly customerId: string; readonly phoneId?: string };

/**
 * Takes back what is open: home says so, and issues nothing more to that phone or card. A charger that hears of nobody may start by it until it is
 * over, so its money stays put aside; a utility that cannot bear that raises its epoch on the ledger, which takes back all of its tokens.
 */
export const revokeTokens = async (trx: Trx, of: OfTokens): Promise<void> => {
  const open = trx.updateTable('offline_token').set({ state: 'revoked' }).where('state', '=', 'open');
  if ('cinRef' in of) {
    await open.where('cin_ref', '=', of.cinRef).execute();
    return;
  }
  const whose = open.where('customer_id', '=', of.customerId);
  await (of.phoneId === undefined ? whose : whose.where('phone_id', '=', of.phoneId)).execute();
};

/** A phone's key is good for nothing more. */
export const takeBackPhone = async (
  trx: Trx,
  customerId: string,
  phoneId: string,
  nowMs: number,
): Promise<void> => {
  await trx
    .updateTable('offline_phone')
    .set({ state: 'revoked', revoked_at_ms: nowMs })
    .where('customer_id', '=', customerId)
    .where('phone_id', '=', phoneId)
    .where('state', '=', 'active')
    .execute();
  await revokeTokens(trx, { customerId, phoneId });
};
