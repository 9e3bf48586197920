import { sql, type Selectable } from 'kysely';
import type { Db, Trx } from '../store/database.ts';
import type { AaaDatabase, PaymentMethod } from '../store/schema.ts';

/** How a customer pays, and what is left to spend. */
export interface AccountMeans {
  readonly accountId: string;
  readonly paymentMethod: PaymentMethod;
  readonly currency: string;
  /** Balance + credit limit − open holds; what a further session may use up. */
  readonly availableMicros: bigint;
}

const meansOf = async (
  trx: Trx,
  account: Selectable<AaaDatabase['account']>,
  nowMs: number,
): Promise<AccountMeans> => ({
  accountId: account.account_id,
  paymentMethod: account.payment_method,
  currency: account.currency,
  availableMicros:
    account.balance_micros + account.credit_limit_micros - (await heldMicros(trx, account.account_id, nowMs)),
});

/** A card that is swiped, and how many of its offers may wait for an answer. */
export interface OfferLimit {
  readonly cinRef: string;
  readonly offersPerCard: number;
}

/**
 * Makes room for one more offer of a card: beyond the limit the oldest that nobody took lapse, also those that are out of
 * their time and could still be brought late. So nobody who knows a number locks its owner out.
 */
const lapseOldest = async (trx: Trx, { cinRef, offersPerCard }: OfferLimit): Promise<void> => {
  await trx
    .updateTable('hold')
    .set({ state: 'released' })
    .where('hold_id', 'in', (query) =>
      query
        .selectFrom('hold')
        .select('hold_id')
        .where('offer_of', '=', cinRef)
        .where('state', '=', 'open')
        .orderBy('placed_at_ms', 'desc')
        .orderBy('hold_id')
        .offset(offersPerCard - 1),
    )
    .execute();
};

const lockRow = (trx: Trx, customerId: string) =>
  trx
    .selectFrom('account')
    .selectAll()
    .where('customer_id', '=', customerId)
    .forNoKeyUpdate()
    .executeTakeFirst();

/** An account's means for what is put aside at once, the row locked until the transaction ends. */
export const lockAccount = async (
  trx: Trx,
  customerId: string,
  nowMs: number,
): Promise<AccountMeans | undefined> => {
  const account = await lockRow(trx, customerId);
  return account && meansOf(trx, account, nowMs);
};

/**
 * An account's means for a further offer to a card, the row locked until the transaction ends: two swipes at once cannot
 * both spend the same money. A hold counts while it is open and in its time.
 */
export const lockMeans = async (
  trx: Trx,
  customerId: string,
  offers: OfferLimit,
  nowMs: number,
): Promise<AccountMeans | undefined> => {
  const account = await lockRow(trx, customerId);
  if (account === undefined) return undefined;
  await lapseOldest(trx, offers);
  return meansOf(trx, account, nowMs);
};

export const heldMicros = async (db: Db | Trx, accountId: string, nowMs: number): Promise<bigint> => {
  const { held } = await db
    .selectFrom('hold')
    .select(sql<bigint>`coalesce(sum(micros), 0)::bigint`.as('held'))
    .where('account_id', '=', accountId)
    .where('state', '=', 'open')
    .where('expires_at_ms', '>', nowMs)
    .executeTakeFirstOrThrow();
  return held;
};

export interface NewHold {
  readonly holdId: string;
  readonly accountId: string;
  readonly micros: bigint;
  readonly expiresAtMs: number;
  /** The card to which it is an offer that nobody took yet; null for a session that opens at once. */
  readonly offerOf: string | null;
}

/** Puts part of the means aside. The caller has locked the account and seen that they suffice. */
export const placeHold = async (trx: Trx, hold: NewHold, nowMs: number): Promise<void> => {
  await trx
    .insertInto('hold')
    .values({
      hold_id: hold.holdId,
      account_id: hold.accountId,
      micros: hold.micros,
      state: 'open',
      offer_of: hold.offerOf,
      placed_at_ms: nowMs,
      expires_at_ms: hold.expiresAtMs,
    })
    .execute();
};

/** A consent narrows a hold to its cap and keeps it for as long as the charge record may take. */
export interface KeptHold {
  readonly holdId: string;
  readonly micros: bigint;
  readonly expiresAtMs: number;
}

/**
 * Keeps the hold of an offer that the driver took. An offer out of its time keeps its word, for its consent may come
 * late; one that newer swipes of the card put an end to is good only as far as the means still suffice.
 * @returns false when they do not.
 */
export const keepHold = async (
  trx: Trx,
  { holdId, micros, expiresAtMs }: KeptHold,
  nowMs: number,
): Promise<boolean> => {
  const account = await trx
    .selectFrom('account')
    .selectAll()
    .where('account_id', '=', (query) =>
      query.selectFrom('hold').select('hold.account_id').where('hold_id', '=', holdId),
    )
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  const { state } = await trx
    .selectFrom('hold')
    .select('state')
    .where('hold_id', '=', holdId)
    .executeTakeFirstOrThrow();
  if (state === 'released' && (await meansOf(trx, account, nowMs)).availableMicros < micros) return false;
  const { numUpdatedRows } = await trx
    .updateTable('hold')
    .set({ micros, state: 'open', offer_of: null, expires_at_ms: expiresAtMs })
    .where('hold_id', '=', holdId)
    .where('state', '<>', 'settled')
    .where('micros', '>=', micros)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows !== 1n) throw new Error(`hold ${holdId} is settled, or smaller than the cap`);
  return true;
};

/** The money was booked. Doing it twice changes nothing. */
export const settleHold = async (trx: Trx, holdId: string): Promise<void> => {
  await trx.updateTable('hold').set({ state: 'settled' }).where('hold_id', '=', holdId).execute();
};
