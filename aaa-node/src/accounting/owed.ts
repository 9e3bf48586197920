import { sql } from 'kysely';

/**
 * What the issued bills of customers ask for, and what of it is paid: one reading for whoever asks what an account owes. It
 * follows from what is on the bills and from the journal alone, in the account's currency.
 *
 * Rows of `bill_share`: an issued bill with what it `asks` for and what of that is `paid`, the oldest bill first; rows of
 * `account_means`: what the customer gave or got back, whatever any bill asks. A bill on which more is given back than asked
 * for is means too: it pays older bills as well as later ones.
 */
export const owed = (customerIds: readonly string[]) => sql`
  asked as (
    select b.bill_id, b.customer_id, b.currency, b.issued_at_ms,
      coalesce((select sum(c.bill_total_micros - c.bill_driver_micros) from cdr c where c.bill_id = b.bill_id), 0)
      + coalesce((select sum(k.total_micros - k.driver_micros) from bill_correction k where k.bill_id = b.bill_id), 0)
      + coalesce((select sum(r.bill_micros) from booking_charge r where r.bill_id = b.bill_id), 0)
      - coalesce((select sum(g.bill_micros) from given_credit g where g.bill_id = b.bill_id), 0) as asks
    from bill b
    where b.customer_id = any(${customerIds}) and b.state <> 'open'),
  account_means as (
    select a.customer_id, a.currency, a.balance_micros,
      coalesce((select -sum(p.micros) from posting p join journal j on j.entry_id = p.entry_id
        where p.ledger_account = 'customer:' || a.account_id and j.kind not in ('cdr', 'dispute', 'booking', 'given')), 0)
      - coalesce((select sum(least(0, k.asks)) from asked k
        where k.customer_id = a.customer_id and k.currency = a.currency), 0) as micros
    from account a
    where a.customer_id = any(${customerIds})),
  bill_share as (
    select k.bill_id, k.customer_id, k.currency, k.asks,
      greatest(0, least(k.asks, m.micros - (sum(greatest(0, k.asks)) over oldest_first - greatest(0, k.asks)))) as paid
    from asked k join account_means m on m.customer_id = k.customer_id and m.currency = k.currency
    window oldest_first as (partition by k.customer_id order by k.issued_at_ms, k.bill_id))`;
