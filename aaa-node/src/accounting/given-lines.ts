import type { Bill } from '@roamgrid/wire';
import { sql } from 'kysely';
import { keptRate } from '../booking/wishes.ts';
import type { Db, Trx } from '../store/database.ts';

/** What cars gave, on bills: lines of their own that the driver is owed. */

/** A line, and what of it is in the bill's currency. */
export interface BilledGiven {
  readonly line: NonNullable<Bill['given']>[number];
  readonly billedMicros: bigint;
}

/** What cars gave, by bill, oldest first. */
export const givenOn = async (
  db: Db | Trx,
  billIds: readonly string[],
): Promise<ReadonlyMap<string, readonly BilledGiven[]>> => {
  const found = new Map<string, BilledGiven[]>();
  if (billIds.length === 0) return found;
  const rows = await db
    .selectFrom('given_credit')
    .select([
      ...(['bill_id as billId', 'batch_id as batchId', 'vun', 'site_id as siteId'] as const),
      ...(['from_ms as fromMs', 'until_ms as untilMs', 'energy_wh as energyWh', 'micros', 'line'] as const),
      ...(['currency as from', 'bill_micros as billMicros', 'exchange'] as const),
    ])
    // One parameter, however many bills: a statement takes 65,535.
    .where(sql<boolean>`bill_id = any(${[...billIds]})`)
    .orderBy('from_ms')
    .orderBy('batch_id')
    .orderBy('source_id')
    .execute();
  for (const { billId, from, billMicros, exchange, line: kind, ...given } of rows) {
    const billedMicros = billMicros ?? 0n;
    const rate = keptRate(exchange);
    const line = {
      ...given,
      ...(kind !== null && { line: kind }),
      ...(rate && { exchanged: { ...rate, micros: billedMicros, from } }),
    };
    const of = billId ?? '';
    found.set(of, [...(found.get(of) ?? []), { line, billedMicros }]);
  }
  return found;
};
