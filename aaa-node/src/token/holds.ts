import { sql, type Selectable } from 'kysely';
import { aaaError } from '../problems.ts';
import type { Db, Trx } from '../store/database.ts';
import type { AaaDatabase } from '../store/schema.ts';
import type { SeenHold, ToldHold, TokenDesk } from './desk.ts';

/** Customers' money in escrow, as this node's books know it. */

export type TokenHold = Selectable<AaaDatabase['token_hold']>;

/** Money in escrow is the limit of an account that pays by token, until shortly before it goes back. */
export const refreshLimit = async (
  trx: Trx,
  accountId: string,
  marginMs: number,
  nowMs: number,
): Promise<void> => {
  await trx
    .updateTable('account')
    .set({
      credit_limit_micros: sql<bigint>`coalesce((select sum(h.micros) from token_hold h
        where h.account_id = account.account_id and h.state = 'open'
        and h.expires_at_ms > ${nowMs + marginMs}), 0)::bigint`,
    })
    .where('account_id', '=', accountId)
    .execute();
};

/** The account of a customer who pays by token, locked. */
export const lockTokenAccount = async (trx: Trx, customerId: string, currency: string) => {
  const account = await trx
    .selectFrom('account')
    .selectAll()
    .where('customer_id', '=', customerId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (account === undefined) throw aaaError('CUSTOMER_NOT_FOUND', 'no customer has this id');
  if (account.payment_method !== 'crypto') throw aaaError('NOT_BY_TOKEN', 'the account pays otherwise');
  if (account.currency !== currency)
    throw aaaError('PAYMENT_CURRENCY', `the account is in ${account.currency}, the token in ${currency}`);
  return account;
};

/** Refuses accounts that have nothing to do with a chain, before a chain is asked. */
export const requireTokenAccount = (db: Db, customerId: string, currency: string): Promise<unknown> =>
  db.transaction().execute((trx) => lockTokenAccount(trx, customerId, currency));

/** Refuses what is not worth what a hold costs. */
export const requireWorth = ({ settings }: TokenDesk, micros: bigint): void => {
  if (micros < BigInt(settings.leastHoldMicros))
    throw aaaError('TOKEN_HOLD_SMALL', `a hold is of ${settings.leastHoldMicros} micros at least`);
};

/**
 * Refuses one hold more than an account may have at once; the caller has locked the account. One that failed counts until its
 * end: the utility has paid for it.
 */
export const requireRoom = async (
  trx: Trx,
  { settings }: TokenDesk,
  accountId: string,
  nowMs: number,
): Promise<void> => {
  const { open } = await trx
    .selectFrom('token_hold')
    .select(sql<number>`count(*)::int`.as('open'))
    .where('account_id', '=', accountId)
    .where(({ or, and, eb }) =>
      or([
        eb('state', 'in', ['opening', 'open', 'drawing']),
        and([eb('state', '=', 'failed'), eb('expires_at_ms', '>', nowMs)]),
      ]),
    )
    .executeTakeFirstOrThrow();
  if (open >= settings.mostHolds)
    throw aaaError('TOKEN_HOLDS_OPEN', `there are ${open} open holds already, of ${settings.mostHolds}`);
};

const requireSuitable = (desk: TokenDesk, { hold }: SeenHold, payee: string, nowMs: number) => {
  const { settings } = desk;
  if (hold === undefined)
    throw aaaError('TOKEN_HOLD_NOT_FINAL', `the chain does not have it ${settings.depth} blocks deep`);
  const { permission, state } = hold;
  const same = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
  const mayDraw =
    desk.isDrawnHere(permission.drawer) || settings.drawers.some((drawer) => same(drawer, permission.drawer));
  const faults = [
    ...(state === 'open' ? [] : [`it is ${state}`]),
    ...(same(permission.token, settings.token) ? [] : [`the token is ${permission.token}`]),
    ...(same(permission.payee, payee) ? [] : [`the payee is ${permission.payee}`]),
    ...(mayDraw ? [] : [`the drawer is ${permission.drawer}`]),
    ...(Number(permission.expiresAtS) * 1_000 > nowMs + settings.margin ? [] : ['its end is too near']),
  ];
  if (faults.length > 0) throw aaaError('TOKEN_HOLD_UNSUITABLE', faults.join(', '));
  return permission;
};

/** States of a hold that the chain did not have, or has no more. */
const NOT_HAD = ['opening', 'failed', 'gone'] as const;

/** Takes money in escrow as a customer's means, once the chain has it deep enough. The same again changes nothing. */
export const takeHold = async (
  db: Db,
  desk: TokenDesk,
  told: ToldHold,
  nowMs: number,
): Promise<TokenHold> => {
  const { currency, margin, chainId } = desk.settings;
  await requireTokenAccount(db, told.customerId, currency);
  const holdId = desk.holdId(told.customerId, told.tokenHoldId, told.driver);
  const known = await db
    .selectFrom('token_hold')
    .selectAll()
    .where('hold_id', '=', holdId)
    .where('state', 'not in', NOT_HAD)
    .executeTakeFirst();
  if (known !== undefined) return known;
  const seen = await desk.look(holdId);
  const { payee } = await desk.wanted(told.customerId, told.tokenHoldId);
  const permission = requireSuitable(desk, seen, payee, nowMs);
  const micros = await desk.micros(permission.cap);
  requireWorth(desk, micros);
  return db.transaction().execute(async (trx) => {
    const account = await lockTokenAccount(trx, told.customerId, currency);
    const row = {
      hold_id: holdId,
      account_id: account.account_id,
      token_hold_id: told.tokenHoldId,
      chain_id: chainId,
      micros,
      drawer: permission.drawer,
      expires_at_ms: Number(permission.expiresAtS) * 1_000,
      state: 'open',
      draw_micros: null,
      draw_day: null,
      block_hash: seen.blockHash,
      seen_at_ms: nowMs,
    } as const;
    const written = await trx
      .selectFrom('token_hold')
      .select('state')
      .where('hold_id', '=', holdId)
      .executeTakeFirst();
    // What is written of it counts already, and it may have become means meanwhile.
    const counts = written !== undefined && written.state !== 'gone';
    if (!counts) await requireRoom(trx, desk, account.account_id, nowMs);
    const kept = await trx
      .insertInto('token_hold')
      .values(row)
      .onConflict((conflict) =>
        conflict.column('hold_id').doUpdateSet(row).where('token_hold.state', 'in', NOT_HAD),
      )
      .returningAll()
      .executeTakeFirst();
    await refreshLimit(trx, account.account_id, margin, nowMs);
    return kept ?? row;
  });
};

/** A customer's holds, the latest first. */
export const listHolds = (db: Db, customerId: string): Promise<TokenHold[]> =>
  db
    .selectFrom('token_hold')
    .innerJoin('account', 'account.account_id', 'token_hold.account_id')
    .selectAll('token_hold')
    .where('customer_id', '=', customerId)
    .orderBy('expires_at_ms', 'desc')
    .orderBy('hold_id')
    .limit(500)
    .execute();
