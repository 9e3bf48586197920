import { sql } from 'kysely';
import type { Trx } from '../store/database.ts';
import { owed } from './owed.ts';

/** Bill runs and payments go one after the other: what is issued meets what was paid, whichever came first. */
export const lockBills = (trx: Trx): Promise<unknown> =>
  sql`select pg_advisory_xact_lock(hashtextextended(${'bills'}, 0))`.execute(trx);

/**
 * Writes on customers' issued bills what each got of what was paid, and whether that is all of it. It may be told at any time,
 * and after a reversal the bills are open again that it paid.
 */
export const spreadPayments = async (trx: Trx, customerIds: readonly string[]): Promise<void> => {
  if (customerIds.length === 0) return;
  await sql`
    with ${owed(customerIds)}
    update bill set
      paid_micros = s.paid,
      state = case when s.paid >= s.asks then 'paid' else 'issued' end
    from bill_share s where s.bill_id = bill.bill_id`.execute(trx);
};
