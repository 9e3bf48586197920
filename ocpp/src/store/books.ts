import { sql, type Insertable } from 'kysely';
import type { UnbilledCode } from '../session/transaction.ts';
import type { Db, UnbilledTable } from './tables.ts';

/** The operator's own register of an outlet. */
export interface OutletRegister {
  readonly registerMilliWh: bigint;
  /** Number of its last statement. */
  readonly page: number;
  readonly endedAtMs: number;
}

export const outletRegister = async (db: Db, meterId: string): Promise<OutletRegister> => {
  const row = await db
    .selectFrom('outlet_register')
    .selectAll()
    .where('meter_id', '=', meterId)
    .executeTakeFirst();
  return {
    registerMilliWh: row?.register_milli_wh ?? 0n,
    page: Number(row?.page ?? 0n),
    endedAtMs: Number(row?.ended_at_ms ?? 0n),
  };
};

export const saveOutletRegister = async (
  db: Db,
  meterId: string,
  { registerMilliWh, page, endedAtMs }: OutletRegister,
): Promise<void> => {
  const values = {
    register_milli_wh: registerMilliWh,
    page: BigInt(page),
    ended_at_ms: BigInt(endedAtMs),
  };
  await db
    .insertInto('outlet_register')
    .values({ meter_id: meterId, ...values })
    .onConflict((conflict) => conflict.column('meter_id').doUpdateSet(values))
    .execute();
};

/** From now on this message is known. */
export const takeMessage = async (
  db: Db,
  stationId: string,
  messageKey: string,
  transactionId: string,
  wallMs: number,
): Promise<void> => {
  await db
    .insertInto('message')
    .values({
      station_id: stationId,
      message_key: messageKey,
      transaction_id: transactionId,
      taken_at_ms: BigInt(wallMs),
    })
    .execute();
};

/** The transaction of a message that was taken before. */
export const takenMessage = async (
  db: Db,
  stationId: string,
  messageKey: string,
): Promise<string | undefined> => {
  const row = await db
    .selectFrom('message')
    .select('transaction_id')
    .where('station_id', '=', stationId)
    .where('message_key', '=', messageKey)
    .executeTakeFirst();
  return row?.transaction_id;
};

export const clockBehindMs = async (db: Db, stationId: string): Promise<number> => {
  const row = await db
    .selectFrom('station_clock')
    .select('behind_ms')
    .where('station_id', '=', stationId)
    .executeTakeFirst();
  return Number(row?.behind_ms ?? 0n);
};

export const saveClockBehind = async (db: Db, stationId: string, behindMs: number): Promise<void> => {
  const behind_ms = BigInt(Math.round(behindMs));
  await db
    .insertInto('station_clock')
    .values({ station_id: stationId, behind_ms })
    .onConflict((conflict) => conflict.column('station_id').doUpdateSet({ behind_ms }))
    .execute();
};

/** The most that a row holds: a claim beyond it is one of a station that counts wrongly, and must hold up no end. */
const MOST_MILLI_WH = 2n ** 63n - 1n;

/** Told in steps, each of which comes on top. */
const STEPS: ReadonlySet<UnbilledCode> = new Set(['after-end', 'too-many']);

/** Noted again, the later figure stands, and of what is told in steps their sum. */
export const noteUnbilled = async (db: Db, unbilled: Insertable<UnbilledTable>): Promise<void> => {
  const { detail, noted_at_ms } = unbilled;
  const milli_wh = unbilled.milli_wh < MOST_MILLI_WH ? unbilled.milli_wh : MOST_MILLI_WH;
  await db
    .insertInto('unbilled')
    .values({ ...unbilled, milli_wh })
    .onConflict((conflict) =>
      conflict.columns(['transaction_id', 'code']).doUpdateSet({
        milli_wh: STEPS.has(unbilled.code)
          ? sql<bigint>`least(${MOST_MILLI_WH}::numeric, unbilled.milli_wh::numeric + excluded.milli_wh)::bigint`
          : milli_wh,
        detail,
        noted_at_ms,
      }),
    )
    .execute();
};

/** Newest first. */
export const listUnbilled = async (db: Db, limit: number) => {
  const rows = await db
    .selectFrom('unbilled')
    .selectAll()
    .orderBy('noted_at_ms', 'desc')
    .orderBy('transaction_id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    transactionId: row.transaction_id,
    code: row.code,
    stationId: row.station_id,
    evseId: row.evse_id,
    milliWh: row.milli_wh,
    detail: row.detail,
    notedAtMs: Number(row.noted_at_ms),
  }));
};
