import type { Insertable, Selectable, Updateable } from 'kysely';
import type { TransactionRef } from '../model/reports.ts';
import { transactionBody, type StationTransaction } from '../session/transaction.ts';
import type { Db, TransactionTable } from './tables.ts';

const numberOrNull = (ms: bigint | null): number | null => (ms === null ? null : Number(ms));
const bigintOrNull = (ms: number | null): bigint | null => (ms === null ? null : BigInt(ms));

const fromRow = (row: Selectable<TransactionTable>): StationTransaction => ({
  transactionId: row.transaction_id,
  number: row.number,
  stationId: row.station_id,
  stationRef: row.station_ref,
  evseId: row.evse_id,
  state: row.state,
  tokenKey: row.token_key,
  tokenCipher: row.token_cipher,
  body: transactionBody.parse(row.body),
  retryAtMs: numberOrNull(row.retry_at_ms),
  stopAtMs: numberOrNull(row.stop_at_ms),
  stopTries: row.stop_tries,
  closeAtMs: numberOrNull(row.close_at_ms),
  toldAtMs: Number(row.told_at_ms),
});

/** A token is kept as long as an offer may have to be asked for with it. */
const needsToken = ({ state, body }: StationTransaction): boolean =>
  state === 'waiting' && body.refusal === undefined;

const changing = (transaction: StationTransaction) =>
  ({
    evse_id: transaction.evseId,
    state: transaction.state,
    token_key: transaction.tokenKey,
    token_cipher: needsToken(transaction) ? transaction.tokenCipher : null,
    session_id: transaction.body.told?.sessionId ?? null,
    body: JSON.stringify(transactionBody.encode(transaction.body)),
    retry_at_ms: bigintOrNull(transaction.state === 'closed' ? null : transaction.retryAtMs),
    stop_at_ms: bigintOrNull(transaction.stopAtMs),
    stop_tries: transaction.stopTries,
    close_at_ms: bigintOrNull(transaction.state === 'closed' ? null : transaction.closeAtMs),
    told_at_ms: BigInt(transaction.toldAtMs),
  }) satisfies Updateable<TransactionTable>;

/** A new one, with the number that it got. */
export const insertTransaction = async (
  db: Db,
  transaction: Omit<StationTransaction, 'number'>,
): Promise<StationTransaction> => {
  const values: Insertable<TransactionTable> = {
    ...changing({ ...transaction, number: 0 }),
    transaction_id: transaction.transactionId,
    station_id: transaction.stationId,
    station_ref: transaction.stationRef,
  };
  const { number } = await db
    .insertInto('station_transaction')
    .values(values)
    .returning('number')
    .executeTakeFirstOrThrow();
  return { ...transaction, number };
};

export const saveTransaction = async (db: Db, transaction: StationTransaction): Promise<void> => {
  await db
    .updateTable('station_transaction')
    .set(changing(transaction))
    .where('transaction_id', '=', transaction.transactionId)
    .execute();
};

const rows = (db: Db) => db.selectFrom('station_transaction').selectAll();

export const transactionById = async (db: Db, id: string): Promise<StationTransaction | undefined> => {
  const row = await rows(db).where('transaction_id', '=', id).executeTakeFirst();
  return row && fromRow(row);
};

/** For a number of 1.6 that we never gave. */
const strange = (number: number): string => `?${number}`;

export const stationRefOf = (ref: TransactionRef | undefined): string | null =>
  ref === undefined ? null : ref.by === 'station' ? ref.id : strange(ref.number);

/** The last, where a station uses one again. */
export const transactionByRef = async (
  db: Db,
  stationId: string,
  ref: TransactionRef,
): Promise<StationTransaction | undefined> => {
  const ofStation = rows(db).where('station_id', '=', stationId);
  const ours =
    ref.by === 'us' &&
    (await ofStation.where('number', '=', ref.number).where('station_ref', 'is', null).executeTakeFirst());
  const row =
    ours ||
    (await ofStation
      .where('station_ref', '=', stationRefOf(ref))
      .orderBy('number', 'desc')
      .executeTakeFirst());
  return row && fromRow(row);
};

/** Transactions of a station that are not closed, oldest first. */
export const unclosedOf = async (db: Db, stationId: string): Promise<readonly StationTransaction[]> => {
  const found = await rows(db)
    .where('station_id', '=', stationId)
    .where('state', '<>', 'closed')
    .orderBy('number')
    .execute();
  return found.map(fromRow);
};

/** Of how many transactions a station told since then. */
export const countToldSince = async (db: Db, stationId: string, sinceWallMs: number): Promise<number> => {
  const { count } = await db
    .selectFrom('station_transaction')
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .where('station_id', '=', stationId)
    .where('told_at_ms', '>', BigInt(sinceWallMs))
    .executeTakeFirstOrThrow();
  return Number(count);
};

/** The last that began at an outlet. */
export const lastAtOutlet = async (db: Db, evseId: string): Promise<StationTransaction | undefined> => {
  const row = await rows(db).where('evse_id', '=', evseId).orderBy('number', 'desc').executeTakeFirst();
  return row && fromRow(row);
};

/** What became of a transaction's session at the gateway, with whose statement of the meter was told. */
export interface ListedEnd {
  readonly state: 'due' | 'taken' | 'dropped';
  readonly meteredBy: 'meter' | 'operator';
  readonly totalMicros: bigint | null;
}

export interface ListedTransaction {
  readonly transaction: StationTransaction;
  readonly end: ListedEnd | undefined;
}

/** The newest first. */
export const listTransactions = async (db: Db, limit: number): Promise<readonly ListedTransaction[]> => {
  const found = await rows(db).orderBy('number', 'desc').limit(limit).execute();
  const ids = found.map((row) => row.transaction_id);
  const ends = await db
    .selectFrom('session_end')
    .select(['transaction_id', 'state', 'otherwise', 'total_micros'])
    .where('transaction_id', 'in', ids.length === 0 ? [''] : ids)
    .execute();
  const byId = new Map(
    ends.map(({ transaction_id, state, otherwise, total_micros: totalMicros }) => [
      transaction_id,
      // The operator's own statement stands beside the meter's, and is gone where it was told itself.
      { state, meteredBy: otherwise === null ? 'operator' : 'meter', totalMicros } satisfies ListedEnd,
    ]),
  );
  return found.map((row) => ({ transaction: fromRow(row), end: byId.get(row.transaction_id) }));
};
