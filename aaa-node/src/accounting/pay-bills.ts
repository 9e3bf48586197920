import { sql } from 'kysely';
import type { Trx } from '../store/database.ts';

/** Bill runs and payments go one after the other: what is issued meets what was paid, whichever came first. */
export const lockBills = (trx: Trx): Promise<unknown> =>
  sql`select pg_advisory_xact_lock(hashtextextended(${'bills'}, 0))`.execute(trx);

/**
 * Spreads all that customers paid over their issued bills, the oldest first: what a bill got, and whether it is paid. It
 * follows from the journal alone, so it may be told at any time, and a reversal opens the bills again that it paid.
 */
export const spreadPayments = async (trx: Trx, customerIds: readonly string[]): Promise<void> => {
  if (customerIds.length === 0) return;
  await sql`
    with paid as (
      select a.customer_id, a.currency, coalesce(-sum(p.micros) filter (where j.kind not in ('cdr', 'dispute')), 0) as micros
      from account a
      left join posting p on p.ledger_account = 'customer:' || a.account_id
      left join journal j on j.entry_id = p.entry_id
      where a.customer_id = any(${customerIds})
      group by a.customer_id, a.currency),
    due as (
      select b.bill_id, b.customer_id, b.currency, b.issued_at_ms,
        coalesce((select sum(c.bill_total_micros - c.bill_driver_micros) from cdr c where c.bill_id = b.bill_id), 0)
        + coalesce((select sum(k.total_micros - k.driver_micros) from bill_correction k where k.bill_id = b.bill_id), 0) as micros
      from bill b
      where b.customer_id = any(${customerIds}) and b.state <> 'open'),
    spread as (
      select d.bill_id, d.micros as due, p.micros - (sum(d.micros) over oldest_first - d.micros) as left_for_it
      from due d join paid p on p.customer_id = d.customer_id and p.currency = d.currency
      window oldest_first as (partition by d.customer_id order by d.issued_at_ms, d.bill_id))
    update bill set
      paid_micros = greatest(0, least(s.due, s.left_for_it)),
      state = case when s.left_for_it >= s.due then 'paid' else 'issued' end
    from spread s where s.bill_id = bill.bill_id`.execute(trx);
};
