import { sql } from 'kysely';
import type { Trx } from '../store/database.ts';
import { ensureBill } from './open-bill.ts';

/**
 * Puts amounts that are no sessions and came about before the period's end on bills of that period that are still open, one made where the
 * customer has none. Where the period's bill is issued they wait for a later period.
 */
export const putOnBills = async (
  trx: Trx,
  table: 'booking_charge' | 'given_credit',
  periodId: string,
  endMs: number,
): Promise<void> => {
  const rows = sql.table(table);
  const { rows: waiting } = await sql<{ customerId: string; currency: string }>`
    select distinct customer_id as "customerId", bill_currency as currency from ${rows}
    where bill_id is null and customer_id is not null and bill_currency is not null and owed_at_ms < ${endMs}`.execute(
    trx,
  );
  for (const { customerId, currency } of waiting) {
    const billId = await ensureBill(trx, { customerId, periodId, currency });
    await sql`update ${rows} set bill_id = ${billId}
      where customer_id = ${customerId} and bill_currency = ${currency} and bill_id is null and owed_at_ms < ${endMs}
        and exists (select from bill where bill_id = ${billId} and state = 'open')`.execute(trx);
  }
};
