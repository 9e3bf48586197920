import { exchange as exchangeSchema, type Bill, type MeteredBy } from '@roamgrid/wire';
import { sql } from 'kysely';
import type { z } from 'zod';
import { originOf } from '../origin/proofs.ts';
import type { Db, Trx } from '../store/database.ts';

/** A session on a bill, and what of it is in the bill's currency. */
export interface BilledSession {
  readonly line: Bill['lines'][number];
  readonly billedMicros: bigint;
  readonly creditMicros: bigint;
}

/** The sessions of bills, by bill, oldest first. */
export const sessionsOn = async (
  db: Db | Trx,
  billIds: readonly string[],
): Promise<ReadonlyMap<string, readonly BilledSession[]>> => {
  const found = new Map<string, BilledSession[]>();
  if (billIds.length === 0) return found;
  const rows = await db
    .selectFrom('cdr')
    .select([
      'bill_id as billId',
      'session_id as sessionId',
      'vun',
      'start_ms as startMs',
      'end_ms as endMs',
      'energy_wh as energyWh',
      'total_micros as totalMicros',
      'driver_micros as driverShareMicros',
      'consent_by as consentBy',
      'currency as from',
      'bill_total_micros as billedMicros',
      'bill_driver_micros as creditMicros',
      'exchange',
      sql<MeteredBy>`body->>'meteredBy'`.as('meteredBy'),
    ])
    // One parameter, however many bills: a statement takes 65,535.
    .where(sql<boolean>`bill_id = any(${[...billIds]})`)
    .orderBy('start_ms')
    .orderBy('session_id')
    .execute();
  const origins = await originOf(
    db,
    rows.map(({ sessionId }) => sessionId),
  );
  for (const { billId, from, billedMicros, creditMicros, exchange, ...session } of rows) {
    const origin = origins.get(session.sessionId);
    const line: BilledSession['line'] = {
      ...session,
      ...(origin && { origin: [...origin] }),
      ...(exchange !== null && {
        exchanged: {
          ...exchangeSchema.decode(exchange as z.input<typeof exchangeSchema>),
          totalMicros: billedMicros,
          driverShareMicros: creditMicros,
          from,
        },
      }),
    };
    const of = billId ?? '';
    found.set(of, [...(found.get(of) ?? []), { line, billedMicros, creditMicros }]);
  }
  return found;
};
