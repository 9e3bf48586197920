import { aaaError } from '../problems.ts';
import type { Db } from '../store/database.ts';
import type { SignedHold, ToldHold, TokenDesk } from './desk.ts';
import { lockTokenAccount, requireRoom, requireWorth, takeHold, type TokenHold } from './holds.ts';

/**
 * Holds that this node opens for those who signed for them, at its own cost. Each has its row before the chain is told of it,
 * so that however many are asked for at once, no account has more of them than it may.
 */

/** Writes down that a hold is to be opened, where nothing is written of it. */
const reserve = (
  db: Db,
  desk: TokenDesk,
  told: ToldHold,
  { capMicros, expiresAtS }: SignedHold,
  nowMs: number,
): Promise<void> =>
  db.transaction().execute(async (trx) => {
    const account = await lockTokenAccount(trx, told.customerId, desk.settings.currency);
    const holdId = desk.holdId(told.customerId, told.tokenHoldId, told.driver);
    const known = await trx
      .selectFrom('token_hold')
      .select('state')
      .where('hold_id', '=', holdId)
      .executeTakeFirst();
    if (known !== undefined) return;
    await requireRoom(trx, desk, account.account_id, nowMs);
    await trx
      .insertInto('token_hold')
      .values({
        hold_id: holdId,
        account_id: account.account_id,
        token_hold_id: told.tokenHoldId,
        chain_id: desk.settings.chainId,
        micros: capMicros,
        drawer: desk.address,
        expires_at_ms: expiresAtS * 1_000,
        state: 'opening',
        draw_micros: null,
        draw_day: null,
        block_hash: null,
        seen_at_ms: nowMs,
      })
      .execute();
  });

/** Of one of which the chain was told nothing nothing stays; one that the chain refused stays as what it cost. */
const settleOpening = async (db: Db, desk: TokenDesk, holdId: string): Promise<void> => {
  const became = await desk.opening(holdId);
  if (became === undefined)
    await db.deleteFrom('token_hold').where('hold_id', '=', holdId).where('state', '=', 'opening').execute();
  if (became === 'failed')
    await db
      .updateTable('token_hold')
      .set({ state: 'failed' })
      .where('hold_id', '=', holdId)
      .where('state', '=', 'opening')
      .execute();
};

/**
 * Tells the chain to open a hold that its driver's wallet signed for; the same again changes nothing.
 * @throws ServiceError TOKEN_HOLD_SMALL, TOKEN_HOLDS_OPEN, TOKEN_HOLD_UNSUITABLE
 */
export const openHold = (
  db: Db,
  desk: TokenDesk,
  told: ToldHold,
  signed: SignedHold,
  nowMs: number,
): Promise<void> => {
  requireWorth(desk, signed.capMicros);
  if (signed.expiresAtS * 1_000 <= nowMs + desk.settings.margin)
    throw aaaError('TOKEN_HOLD_UNSUITABLE', 'its end is too near');
  return desk.inTurn(async () => {
    await reserve(db, desk, told, signed, nowMs);
    try {
      await desk.openFor(told, signed);
    } finally {
      await settleOpening(db, desk, desk.holdId(told.customerId, told.tokenHoldId, told.driver));
    }
  });
};

/** What became of one, whoever asks or does not: it is taken as means once the chain has it deep enough. */
export const followOpening = async (
  db: Db,
  desk: TokenDesk,
  customerId: string,
  opening: TokenHold,
  nowMs: number,
): Promise<void> => {
  const { hold_id: holdId, token_hold_id: tokenHoldId, expires_at_ms: expiresAtMs } = opening;
  await desk.inTurn(() => settleOpening(db, desk, holdId));
  const { hold, blockHash, atMs } = await desk.look(holdId);
  if (expiresAtMs <= atMs || (hold !== undefined && hold.state !== 'open')) {
    await db
      .updateTable('token_hold')
      .set({ state: 'lapsed', block_hash: blockHash, seen_at_ms: nowMs })
      .where('hold_id', '=', holdId)
      .where('state', '=', 'opening')
      .execute();
    return;
  }
  if (hold === undefined || expiresAtMs <= nowMs + desk.settings.margin) return;
  await takeHold(db, desk, { customerId, tokenHoldId, driver: hold.permission.driver }, nowMs);
};
