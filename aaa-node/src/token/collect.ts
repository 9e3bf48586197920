import { createHmac } from 'node:crypto';
import type { Logger } from '@roamgrid/service-kit';
import { accountState, bookPayment } from '../accounting/payments.ts';
import { heldMicros } from '../hcp/accounts.ts';
import type { Db, Trx } from '../store/database.ts';
import type { SeenHold, TokenDesk } from './desk.ts';
import { refreshLimit, type TokenHold } from './holds.ts';
import { followOpening } from './opening.ts';

export interface Collector {
  readonly db: Db;
  readonly desk: TokenDesk;
  readonly nowMs: () => number;
  readonly log: Logger;
}

type Waiting = TokenHold & { readonly customer_id: string; readonly pseudonym_key: string | null };

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** Ends or changes a hold, and the account's limit with it. */
const change = (
  { db, desk, nowMs }: Collector,
  hold: Waiting,
  values: (trx: Trx) => Promise<Partial<Pick<TokenHold, 'state' | 'draw_micros' | 'draw_day'>>>,
  blockHash = hold.block_hash,
): Promise<void> =>
  db.transaction().execute(async (trx) => {
    const account = trx.selectFrom('account').selectAll().where('account_id', '=', hold.account_id);
    await account.forNoKeyUpdate().executeTakeFirstOrThrow();
    await trx
      .updateTable('token_hold')
      .set({ ...(await values(trx)), block_hash: blockHash, seen_at_ms: nowMs() })
      .where('hold_id', '=', hold.hold_id)
      .where('state', '=', hold.state)
      .execute();
    await refreshLimit(trx, hold.account_id, desk.settings.margin, nowMs());
  });

/**
 * What to draw now: what issued bills ask for once no session counts on the money, and shortly before the hold's end all that
 * is owed. A hold is drawn once, and the rest goes back to the customer with it.
 */
const dueMicros = async ({ desk, nowMs }: Collector, hold: Waiting, trx: Trx): Promise<bigint> => {
  const { balanceMicros, openMicros } = await accountState(trx, hold.customer_id);
  if (balanceMicros >= 0n) return 0n;
  const isEnding = hold.expires_at_ms <= nowMs() + desk.settings.margin;
  const isAsked = openMicros > 0n && (await heldMicros(trx, hold.account_id, nowMs())) === 0n;
  return isEnding || isAsked ? least(-balanceMicros, hold.micros) : 0n;
};

/**
 * The payment's id in the books, which stays when the customer is forgotten: the chain shows a hold's name and its driver to
 * everybody, and without the customer's own key nobody gets from one to the other.
 */
const paymentIdOf = ({ pseudonym_key: key, hold_id: holdId }: Waiting): string => {
  if (key === null) throw new Error(`who opened ${holdId} is forgotten`);
  return createHmac('sha256', Buffer.from(key, 'hex')).update(`roamgrid-token:${holdId}`).digest('hex');
};

/** Books what the chain says was drawn, whoever drew it; told twice it is booked once. */
const bookDrawn = async (collector: Collector, hold: Waiting, { hold: seen, blockHash }: SeenHold) => {
  const { db, desk, nowMs } = collector;
  const micros = await desk.micros(seen?.drawn ?? 0n);
  const day = hold.draw_day ?? new Date(nowMs()).toISOString().slice(0, 10);
  // Another may have drawn: the day is fixed before it is booked, so that it is the same when it is booked again.
  if (hold.draw_day === null && micros > 0n)
    await change(collector, hold, () => Promise.resolve({ draw_micros: micros, draw_day: day }), blockHash);
  if (micros > 0n)
    await bookPayment(
      db,
      {
        kind: 'payment',
        customerId: hold.customer_id,
        paymentId: paymentIdOf(hold),
        reference: `token ${hold.chain_id} ${hold.hold_id}`,
        micros,
        currency: desk.settings.currency,
        valueDate: day,
      },
      nowMs(),
    );
  const drawn = micros > 0n ? { draw_micros: micros, draw_day: day } : {};
  await change(collector, hold, () => Promise.resolve({ state: 'drawn', ...drawn }), blockHash);
};

const collect = async (collector: Collector, hold: Waiting): Promise<void> => {
  const { db, desk, nowMs } = collector;
  if (hold.state === 'opening') return followOpening(db, desk, hold.customer_id, hold, nowMs());
  const seen = await desk.look(hold.hold_id);
  const became = (state: TokenHold['state']) =>
    change(collector, hold, () => Promise.resolve({ state }), seen.blockHash);
  if (seen.hold === undefined) return became('gone');
  if (seen.hold.state === 'drawn') return bookDrawn(collector, hold, seen);
  if (seen.hold.state === 'released' || hold.expires_at_ms <= seen.atMs) return became('lapsed');
  if (!desk.isDrawnHere(hold.drawer))
    return change(collector, hold, () => Promise.resolve({}), seen.blockHash);
  if (hold.state === 'open') {
    await change(
      collector,
      hold,
      async (trx) => {
        const micros = await dueMicros(collector, hold, trx);
        if (micros === 0n) return {};
        return {
          state: 'drawing',
          draw_micros: micros,
          draw_day: new Date(nowMs()).toISOString().slice(0, 10),
        };
      },
      seen.blockHash,
    );
    return;
  }
  if (hold.draw_micros !== null) await desk.draw(hold.hold_id, hold.draw_micros);
};

/** One round over all money in escrow: what the chain says of it now, and what is to be drawn. */
export const createCollect = (collector: Collector) => async (): Promise<void> => {
  const waiting = await collector.db
    .selectFrom('token_hold')
    .innerJoin('account', 'account.account_id', 'token_hold.account_id')
    .selectAll('token_hold')
    .innerJoin('customer', 'customer.customer_id', 'account.customer_id')
    .select(['customer.customer_id', 'pseudonym_key'])
    .where('token_hold.state', 'in', ['opening', 'open', 'drawing'])
    .orderBy('expires_at_ms')
    .orderBy('hold_id')
    .execute();
  const failed: unknown[] = [];
  for (const hold of waiting) {
    try {
      await collect(collector, hold);
    } catch (thrown) {
      // One that cannot be looked at holds up no other.
      failed.push(thrown);
      collector.log.warn({ err: thrown, tokenHold: hold.token_hold_id }, 'money in escrow waits');
    }
  }
  if (failed.length > 0) throw new Error(`${failed.length} of ${waiting.length} wait`, { cause: failed[0] });
};
