import type { Bill } from '@roamgrid/wire';
import { aaaError } from '../problems.ts';
import type { Db, Trx } from '../store/database.ts';
import { ensureBill } from './open-bill.ts';
import { billCorrections, correctionsOn } from './corrections.ts';
import { bookingsOn } from './booking-lines.ts';
import { givenOn } from './given-lines.ts';
import { putOnBills } from './put-on-bills.ts';
import { sessionsOn } from './bill-lines.ts';
import { lockBills, spreadPayments } from './pay-bills.ts';
import { periodEndMs } from './period.ts';

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, each) => total + each, 0n);

/** Customers billed in one transaction. */
const BATCH = 500;

export interface BillRun {
  readonly utilityId: string;
  readonly periodId: string;
  /** Issue before the period is over; no session joins an issued bill. */
  readonly issue: boolean;
}

type Whose = { readonly customerId: string } | { readonly periodId: string };

/** Session lines, corrections, bookings, what cars gave and sums of bills, from what was put on them. */
const readBills = async (db: Db | Trx, utilityId: string, where: Whose): Promise<readonly Bill[]> => {
  const bills = await db
    .selectFrom('bill')
    .select(['bill_id', 'period_id', 'currency', 'state', 'paid_micros'])
    .$if('customerId' in where, (query) =>
      query.where('customer_id', '=', 'customerId' in where ? where.customerId : ''),
    )
    .$if('periodId' in where, (query) =>
      query.where('period_id', '=', 'periodId' in where ? where.periodId : ''),
    )
    .orderBy('period_id', 'desc')
    .orderBy('bill_id')
    .execute();
  const ids = bills.map(({ bill_id: id }) => id);
  const [sessions, corrections, bookings, given] = await Promise.all([
    sessionsOn(db, ids),
    correctionsOn(db, ids),
    bookingsOn(db, ids),
    givenOn(db, ids),
  ]);
  return bills.flatMap(
    ({ bill_id: billId, period_id: periodId, currency, state, paid_micros: paidMicros }) => {
      const own = sessions.get(billId) ?? [];
      const corrected = corrections.get(billId) ?? [];
      const booked = bookings.get(billId) ?? [];
      const gave = given.get(billId) ?? [];
      // A record whose dispute is not over may have been its only one.
      if ([own, corrected, booked, gave].every((lines) => lines.length === 0)) return [];
      const sessionsMicros = sum(own.map(({ billedMicros }) => billedMicros));
      const creditMicros = sum(own.map(({ creditMicros: credit }) => credit));
      const more = sum([
        ...corrected.map(({ totalMicros, driverShareMicros }) => totalMicros - driverShareMicros),
        ...booked.map(({ billedMicros }) => billedMicros),
        ...gave.map(({ billedMicros }) => -billedMicros),
      ]);
      return [
        {
          billId,
          utilityId,
          periodId,
          currency,
          state,
          lines: own.map(({ line }) => line),
          ...(corrected.length > 0 && { corrections: [...corrected] }),
          ...(booked.length > 0 && { bookings: booked.map(({ line }) => line) }),
          ...(gave.length > 0 && { given: gave.map(({ line }) => line) }),
          sessionsMicros,
          creditMicros,
          payableMicros: sessionsMicros - creditMicros + more,
          paidMicros,
        },
      ];
    },
  );
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
  await billCorrections(trx, periodId, endMs);
  await putOnBills(trx, 'booking_charge', periodId, endMs);
  await putOnBills(trx, 'given_credit', periodId, endMs);
  for (const { customer_id: customerId, currency } of open) {
    if (customerId === null) throw new Error('a posted record has no customer');
    const billId = await ensureBill(trx, { customerId, periodId, currency });
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
