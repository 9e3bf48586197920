import { sql } from 'kysely';
import type { Db, Trx } from '../store/database.ts';
import type { PaymentMethod } from '../store/schema.ts';

/** How a customer pays, and what is left to spend. */
export interface AccountMeans {
  readonly accountId: string;
  readonly paymentMethod: PaymentMethod;
  readonly currency: string;
  /** Balance + credit limit − open holds; what a further session may use up. */
  readonly availableMicros: bigint;
}

/**
 * An account's means, the row locked until the transaction ends: two swipes at once cannot both spend the same money.
 * A hold counts while it is open and in its time.
 */
export const lockMeans = async (
  trx: Trx,
  customerId: string,
  nowMs: number,
): Promise<AccountMeans | undefined> => {
  const account = await trx
    .selectFrom('account')
    .selectAll()
    .where('customer_id', '=', customerId)
    .forUpdate()
    .executeTakeFirst();
  if (account === undefined) return undefined;
  const held = await heldMicros(trx, account.account_id, nowMs);
  return {
    accountId: account.account_id,
    paymentMethod: account.payment_method,
    currency: account.currency,
    availableMicros: account.balance_micros + account.credit_limit_micros - held,
  };
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
}

/** Puts part of the means aside. The caller has locked the account and seen that they suffice. */
export const placeHold = async (trx: Trx, hold: NewHold): Promise<void> => {
  await trx
    .insertInto('hold')
    .values({
      hold_id: hold.holdId,
      account_id: hold.accountId,
      micros: hold.micros,
      state: 'open',
      expires_at_ms: hold.expiresAtMs,
    })
    .execute();
};

/** A consent narrows a hold to its cap and keeps it for as long as the charge record may take. */
export const keepHold = async (
  trx: Trx,
  holdId: string,
  micros: bigint,
  expiresAtMs: number,
): Promise<void> => {
  const { numUpdatedRows } = await trx
    .updateTable('hold')
    .set({ micros, expires_at_ms: expiresAtMs })
    .where('hold_id', '=', holdId)
    .where('state', '=', 'open')
    .where('micros', '>=', micros)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows !== 1n) throw new Error(`hold ${holdId} is not open, or smaller than the cap`);
};

/** Ends a hold: the money was booked, or nothing was used. Doing it twice changes nothing. */
export const endHold = async (trx: Trx, holdId: string, state: 'settled' | 'released'): Promise<void> => {
  await trx
    .updateTable('hold')
    .set({ state })
    .where('hold_id', '=', holdId)
    .where('state', '=', 'open')
    .execute();
};
