import { exchange as exchangeSchema, type Bill } from '@roamgrid/wire';
import type { z } from 'zod';
import { aaaError } from '../problems.ts';
import { originOf } from '../origin/proofs.ts';
import type { Db, Trx } from '../store/database.ts';
import { derivedId } from '../store/ids.ts';
import { lockBills, spreadPayments } from './pay-bills.ts';
import { periodEndMs } from './period.ts';

/** Customers billed in one transaction. */
const BATCH = 500;

export interface BillRun {
  readonly utilityId: string;
  readonly periodId: string;
  /** Issue before the period is over; no session joins an issued bill. */
  readonly issue: boolean;
}

/** Session lines and sums of bills, from the records that were put on them. */
const readBills = async (
  db: Db | Trx,
  utilityId: string,
  where: { readonly customerId: string } | { readonly periodId: string },
): Promise<readonly Bill[]> => {
  const rows = await db
    .selectFrom('bill')
    .innerJoin('cdr', 'cdr.bill_id', 'bill.bill_id')
    .select([
      'bill.bill_id as billId',
      'bill.period_id as periodId',
      'bill.currency',
      'bill.state',
      'bill.paid_micros as paidMicros',
      'cdr.session_id as sessionId',
      'cdr.vun',
      'cdr.start_ms as startMs',
      'cdr.end_ms as endMs',
      'cdr.energy_wh as energyWh',
      'cdr.total_micros as totalMicros',
      'cdr.driver_micros as driverShareMicros',
      'cdr.consent_by as consentBy',
      'cdr.currency as from',
      'bill_total_micros',
      'bill_driver_micros',
      'exchange',
    ])
    .$if('customerId' in where, (query) =>
      query.where('bill.customer_id', '=', 'customerId' in where ? where.customerId : ''),
    )
    .$if('periodId' in where, (query) =>
      query.where('bill.period_id', '=', 'periodId' in where ? where.periodId : ''),
    )
    .orderBy('bill.period_id', 'desc')
    .orderBy('bill.bill_id')
    .orderBy('cdr.start_ms')
    .orderBy('cdr.session_id')
    .execute();
  const origins = await originOf(
    db,
    rows.map(({ sessionId }) => sessionId),
  );
  const bills = new Map<string, Bill>();
  for (const { billId, periodId, currency, state, paidMicros, ...row } of rows) {
    const {
      from,
      bill_total_micros: totalMicros,
      bill_driver_micros: driverMicros,
      exchange,
      ...session
    } = row;
    const bill = bills.get(billId);
    const origin = origins.get(session.sessionId);
    const line: Bill['lines'][number] = {
      ...session,
      ...(origin && { origin: [...origin] }),
      ...(exchange !== null && {
        exchanged: {
          ...exchangeSchema.decode(exchange as z.input<typeof exchangeSchema>),
          totalMicros,
          driverShareMicros: driverMicros,
          from,
        },
      }),
    };
    const lines = [...(bill?.lines ?? []), line];
    const sessionsMicros = (bill?.sessionsMicros ?? 0n) + totalMicros;
    const creditMicros = (bill?.creditMicros ?? 0n) + driverMicros;
    const payableMicros = sessionsMicros - creditMicros;
    bills.set(billId, {
      billId,
      utilityId,
      periodId,
      currency,
      state,
      lines,
      sessionsMicros,
      creditMicros,
      payableMicros,
      paidMicros,
    });
  }
  return [...bills.values()];
};

/** Puts what is not billed yet, up to the period's end, on the customers' bills of this period. */
const billBatch = async (trx: Trx, { periodId }: BillRun, endMs: number): Promise<number> => {
  const open = await trx
    .selectFrom('cdr')
    .select(['customer_id', 'bill_currency as currency'])
    .distinct()
    .where('verdict', '=', 'posted')
    .where('bill_id', 'is', null)
    .where('end_ms', '<', endMs)
    .where((query) =>
      query.not(
        query.exists(
          query
            .selectFrom('bill')
            .select('bill.bill_id')
            .whereRef('bill.customer_id', '=', 'cdr.customer_id')
            .whereRef('bill.currency', '=', 'cdr.bill_currency')
            .where('bill.period_id', '=', periodId)
            .where('bill.state', '<>', 'open'),
        ),
      ),
    )
    .limit(BATCH)
    .execute();
  for (const { customer_id: customerId, currency } of open) {
    if (customerId === null) throw new Error('a posted record has no customer');
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
    await trx
      .updateTable('cdr')
      .set({ bill_id: billId })
      .where('customer_id', '=', customerId)
      .where('bill_currency', '=', currency)
      .where('verdict', '=', 'posted')
      .where('bill_id', 'is', null)
      .where('end_ms', '<', endMs)
      .execute();
  }
  return open.length;
};

/** Issued bills are final; what their customers paid ahead goes to them at once. */
const issueBills = (db: Db, periodId: string, nowMs: number): Promise<void> =>
  db.transaction().execute(async (trx) => {
    await lockBills(trx);
    const issued = await trx
      .updateTable('bill')
      .set({ state: 'issued', issued_at_ms: nowMs })
      .where('period_id', '=', periodId)
      .where('state', '=', 'open')
      .returning('customer_id')
      .execute();
    await spreadPayments(trx, [...new Set(issued.map((bill) => bill.customer_id))]);
  });

/**
 * Makes one bill for each customer and period, from home alone. While the period runs a bill is open and takes further
 * sessions; once issued it never changes, and a late record goes on a later period's bill. Running it again is harmless.
 */
export const runBills = async (db: Db, run: BillRun, nowMs: number): Promise<readonly Bill[]> => {
  const endMs = periodEndMs(run.periodId);
  for (;;) {
    const billed = await db.transaction().execute(async (trx) => {
      await lockBills(trx);
      return billBatch(trx, run, endMs);
    });
    if (billed < BATCH) break;
  }
  if (run.issue || nowMs >= endMs) await issueBills(db, run.periodId, nowMs);
  return readBills(db, run.utilityId, { periodId: run.periodId });
};

/** All bills of the customer with this OpenID subject, newest period first. */
export const billsOf = async (db: Db, utilityId: string, sub: string): Promise<readonly Bill[]> => {
  const customer = await db
    .selectFrom('customer')
    .select('customer_id')
    .where('sub', '=', sub)
    .executeTakeFirst();
  if (customer === undefined) throw aaaError('CUSTOMER_NOT_FOUND', 'no customer has this subject');
  return readBills(db, utilityId, { customerId: customer.customer_id });
};
