import type { Db } from './tables.ts';

/** Energy that a car gave back at an outlet. */
export interface GivenBack {
  readonly transactionId: string;
  /** The session beside which it flowed; null where there was none. */
  readonly sessionId: string | null;
  readonly stationId: string;
  readonly evseId: string | null;
  readonly milliWh: bigint;
  readonly fromMs: number;
  readonly untilMs: number;
  /** What was signed in the transaction, as it came. */
  readonly signed: readonly string[];
  readonly notedAtMs: number;
}

/** What is told of a transaction after it was closed replaces nothing. */
export const noteGivenBack = async (db: Db, given: GivenBack): Promise<void> => {
  await db
    .insertInto('given_back')
    .values({
      transaction_id: given.transactionId,
      session_id: given.sessionId,
      station_id: given.stationId,
      evse_id: given.evseId,
      milli_wh: given.milliWh,
      from_ms: BigInt(given.fromMs),
      until_ms: BigInt(given.untilMs),
      signed: JSON.stringify(given.signed),
      noted_at_ms: BigInt(given.notedAtMs),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** Newest first. */
export const listGivenBack = async (db: Db, limit: number): Promise<readonly GivenBack[]> => {
  const rows = await db
    .selectFrom('given_back')
    .selectAll()
    .orderBy('noted_at_ms', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    transactionId: row.transaction_id,
    sessionId: row.session_id,
    stationId: row.station_id,
    evseId: row.evse_id,
    milliWh: row.milli_wh,
    fromMs: Number(row.from_ms),
    untilMs: Number(row.until_ms),
    signed: row.signed as readonly string[],
    notedAtMs: Number(row.noted_at_ms),
  }));
};
