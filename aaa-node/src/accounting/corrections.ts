import type { Bill } from '@roamgrid/wire';
import { sql } from 'kysely';
import type { Db, Trx } from '../store/database.ts';
import { ensureBill } from './open-bill.ts';

/** What disputes decided about sessions on issued bills, on later ones. */

type Correction = NonNullable<Bill['corrections']>[number];

/** The corrections that stand on bills, by bill. */
export const correctionsOn = async (
  db: Db | Trx,
  billIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Correction[]>> => {
  const found = new Map<string, Correction[]>();
  if (billIds.length === 0) return found;
  const rows = await db
    .selectFrom('bill_correction')
    .select([
      'bill_id as billId',
      'session_id as sessionId',
      'outcome',
      'total_micros as totalMicros',
      'driver_micros as driverShareMicros',
    ])
    // One parameter, however many bills: a statement takes 65,535.
    .where(sql<boolean>`bill_id = any(${[...billIds]})`)
    .orderBy('decided_at_ms')
    .orderBy('session_id')
    .execute();
  for (const { billId, ...correction } of rows) {
    const of = billId ?? '';
    found.set(of, [...(found.get(of) ?? []), correction]);
  }
  return found;
};

/**
 * Puts corrections that were decided before the period's end on bills of that period that are still open, one made where the
 * customer has none. Where the period's bill is issued they wait for a later period.
 */
export const billCorrections = async (trx: Trx, periodId: string, endMs: number): Promise<void> => {
  const waiting = await trx
    .selectFrom('bill_correction')
    .select(['customer_id as customerId', 'currency'])
    .distinct()
    .where('bill_id', 'is', null)
    .where('decided_at_ms', '<', endMs)
    .execute();
  for (const { customerId, currency } of waiting) {
    const billId = await ensureBill(trx, { customerId, periodId, currency });
    await trx
      .updateTable('bill_correction')
      .set({ bill_id: billId })
      .where('customer_id', '=', customerId)
      .where('currency', '=', currency)
      .where('bill_id', 'is', null)
      .where('decided_at_ms', '<', endMs)
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('bill').select('bill_id').where('bill.bill_id', '=', billId).where('state', '=', 'open'),
        ),
      )
      .execute();
  }
};
