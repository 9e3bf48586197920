import { sql } from 'kysely';
import type { Db } from './tables.ts';

/** What is due: something is tried again, a station is told to stop, what nobody tells of is given up. */
export const DUE_KINDS = ['retry_at_ms', 'stop_at_ms', 'close_at_ms'] as const;
export type DueKind = (typeof DUE_KINDS)[number];

export interface DueTransaction {
  readonly transactionId: string;
  readonly stationId: string;
  readonly dueAtMs: bigint;
}

interface Bounds {
  /** Of one station. */
  readonly share: number;
  /** Of all. */
  readonly most: number;
  /** Stations that get none. */
  readonly except: readonly string[];
}

/**
 * What is due of a kind at this wall time, as ids: whoever works on one reads it anew in its turn. The first of each station comes
 * before the second of any.
 */
export const dueTransactions = async (
  db: Db,
  kind: DueKind,
  wallMs: number,
  { share, most, except }: Bounds,
): Promise<readonly DueTransaction[]> => {
  const placed = db
    .selectFrom('station_transaction')
    .select(['transaction_id as transactionId', 'station_id as stationId', `${kind} as dueAtMs`])
    .select(sql<bigint>`row_number() over (partition by station_id order by ${sql.ref(kind)})`.as('place'))
    .where(kind, '<=', BigInt(wallMs))
    .where(sql<boolean>`station_id <> all (${[...except]}::text[])`);
  const found = await db
    .selectFrom(placed.as('placed'))
    .select(['transactionId', 'stationId', 'dueAtMs'])
    .where('place', '<=', BigInt(share))
    .orderBy('place')
    .orderBy('dueAtMs')
    .limit(most)
    .execute();
  return found.map(({ dueAtMs, ...due }) => ({ ...due, dueAtMs: dueAtMs ?? 0n }));
};

/** What is due as it was comes again at another wall time, or not at all. */
export const putOff = async (
  db: Db,
  kind: DueKind,
  { transactionId, dueAtMs }: DueTransaction,
  untilMs: number | null,
): Promise<void> => {
  await db
    .updateTable('station_transaction')
    .set({ [kind]: untilMs === null ? null : BigInt(untilMs) })
    .where('transaction_id', '=', transactionId)
    .where(kind, '=', dueAtMs)
    .execute();
};

/** All that is not closed is gone on with, whatever it waits for. */
export const makeAllDue = async (db: Db, wallMs: number): Promise<void> => {
  await db
    .updateTable('station_transaction')
    .set({ retry_at_ms: BigInt(wallMs) })
    .where('state', '<>', 'closed')
    .execute();
};
