import type { Bill } from '@roamgrid/wire';
import { sql } from 'kysely';
import { keptRate } from '../booking/wishes.ts';
import type { Db, Trx } from '../store/database.ts';

/** What reservations came to, on bills: lines of their own beside the sessions. */

/** A line, and what of it is in the bill's currency. */
export interface BilledBooking {
  readonly line: NonNullable<Bill['bookings']>[number];
  readonly billedMicros: bigint;
}

/** The bookings of bills, by bill, oldest first. */
export const bookingsOn = async (
  db: Db | Trx,
  billIds: readonly string[],
): Promise<ReadonlyMap<string, readonly BilledBooking[]>> => {
  const found = new Map<string, BilledBooking[]>();
  if (billIds.length === 0) return found;
  const rows = await db
    .selectFrom('booking_charge')
    .select([
      'bill_id as billId',
      'reservation_id as reservationId',
      'vun',
      'evse_id as evseId',
      'from_ms as fromMs',
      'until_ms as untilMs',
      'state',
      'micros',
      'currency as from',
      'bill_micros as billedMicros',
      'exchange',
    ])
    // One parameter, however many bills: a statement takes 65,535.
    .where(sql<boolean>`bill_id = any(${[...billIds]})`)
    .orderBy('from_ms')
    .orderBy('reservation_id')
    .orderBy('number')
    .execute();
  for (const { billId, from, billedMicros, exchange, ...booking } of rows) {
    const rate = keptRate(exchange);
    const line = { ...booking, ...(rate && { exchanged: { ...rate, micros: billedMicros, from } }) };
    const of = billId ?? '';
    found.set(of, [...(found.get(of) ?? []), { line, billedMicros }]);
  }
  return found;
};
