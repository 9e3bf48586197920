import { sql } from 'kysely';
import { aaaError } from '../problems.ts';
import type { Db } from '../store/database.ts';
import { book, ledgerAccount } from './journal.ts';
import { lockBills, spreadPayments } from './pay-bills.ts';

export interface TopUp {
  readonly customerId: string;
  /** Chosen by whoever took the money; telling it twice pays in once. */
  readonly topUpId: string;
  readonly micros: bigint;
}

/** Pays into a prepaid account, and with that the issued bills. Answers the new balance. */
export const topUp = (db: Db, request: TopUp, nowMs: number): Promise<bigint> =>
  db.transaction().execute(async (trx) => {
    await lockBills(trx);
    const account = await trx
      .selectFrom('account')
      .selectAll()
      .where('customer_id', '=', request.customerId)
      .forUpdate()
      .executeTakeFirst();
    if (account === undefined) throw aaaError('CUSTOMER_NOT_FOUND', 'no customer has this id');
    if (account.payment_method !== 'prepaid') throw aaaError('NOT_PREPAID', 'the account is post-paid');
    const entryId = `top-up:${account.account_id}:${request.topUpId}`;
    const customer = ledgerAccount.customer(account.account_id);
    const booked = await book(trx, {
      entryId,
      kind: 'top-up',
      currency: account.currency,
      bookedAtMs: nowMs,
      lines: [
        { ledgerAccount: ledgerAccount.cash, micros: request.micros },
        { ledgerAccount: customer, micros: -request.micros },
      ],
    });
    if (!booked) {
      const before = await trx
        .selectFrom('posting')
        .select('micros')
        .where('entry_id', '=', entryId)
        .where('ledger_account', '=', customer)
        .executeTakeFirstOrThrow();
      if (before.micros !== -request.micros)
        throw aaaError('TOP_UP_CONFLICT', `it was for ${-before.micros} micros`);
      return account.balance_micros;
    }
    const { balance_micros: balance } = await trx
      .updateTable('account')
      .set({ balance_micros: sql<bigint>`balance_micros + ${request.micros}` })
      .where('account_id', '=', account.account_id)
      .returning('balance_micros')
      .executeTakeFirstOrThrow();
    await spreadPayments(trx, [account.customer_id]);
    return balance;
  });
