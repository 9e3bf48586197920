import type { Trx } from '../store/database.ts';
import { derivedId } from '../store/ids.ts';

export interface BillOf {
  readonly customerId: string;
  readonly periodId: string;
  readonly currency: string;
}

/** The one bill of a customer, period and currency, opened where there is none yet; it may be issued already. @returns its id */
export const ensureBill = async (trx: Trx, { customerId, periodId, currency }: BillOf): Promise<string> => {
  const billId = derivedId('bill', customerId, periodId, currency);
  await trx
    .insertInto('bill')
    .values({
      bill_id: billId,
      customer_id: customerId,
      period_id: periodId,
      currency,
      state: 'open',
      issued_at_ms: null,
    })
    .onConflict((conflict) => conflict.column('bill_id').doNothing())
    .execute();
  return billId;
};
