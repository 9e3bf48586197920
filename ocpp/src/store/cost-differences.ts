import type { Db } from './tables.ts';

/** What a station calculated by itself, beside what was billed. */
export interface CostDifference {
  readonly sessionId: string;
  readonly stationId: string;
  readonly evseId: string;
  readonly currency: string;
  readonly billedMicros: bigint;
  readonly saidCurrency: string;
  readonly saidMicros: bigint;
  readonly notedAtMs: number;
}

/** Once a session, however often its end is told. */
export const noteCostDifference = async (db: Db, difference: CostDifference): Promise<void> => {
  await db
    .insertInto('cost_difference')
    .values({
      session_id: difference.sessionId,
      station_id: difference.stationId,
      evse_id: difference.evseId,
      currency: difference.currency,
      billed_micros: difference.billedMicros,
      said_currency: difference.saidCurrency,
      said_micros: difference.saidMicros,
      noted_at_ms: BigInt(difference.notedAtMs),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** Newest first. */
export const listCostDifferences = async (db: Db, limit: number): Promise<readonly CostDifference[]> => {
  const rows = await db
    .selectFrom('cost_difference')
    .selectAll()
    .orderBy('noted_at_ms', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    sessionId: row.session_id,
    stationId: row.station_id,
    evseId: row.evse_id,
    currency: row.currency,
    billedMicros: row.billed_micros,
    saidCurrency: row.said_currency,
    saidMicros: row.said_micros,
    notedAtMs: Number(row.noted_at_ms),
  }));
};
