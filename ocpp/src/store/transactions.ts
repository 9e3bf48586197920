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
});

const changing = (transaction: StationTransaction) =>
  ({
    evse_id: transaction.evseId,
    state: transaction.state,
    token_key: transaction.tokenKey,
    token_cipher: transaction.state === 'closed' ? null : transaction.tokenCipher,
    session_id: transaction.body.told?.sessionId ?? null,
    body: JSON.stringify(transactionBody.encode(transaction.body)),
    retry_at_ms: bigintOrNull(transaction.state === 'closed' ? null : transaction.retryAtMs),
    stop_at_ms: bigintOrNull(transaction.stopAtMs),
    stop_tries: transaction.stopTries,
    close_at_ms: bigintOrNull(transaction.state === 'closed' ? null : transaction.closeAtMs),
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

/** Stations with transactions that are not closed. */
export const stationsWithUnclosed = async (db: Db): Promise<readonly string[]> => {
  const found = await db
    .selectFrom('station_transaction')
    .select('station_id')
    .distinct()
    .where('state', '<>', 'closed')
    .execute();
  return found.map(({ station_id }) => station_id);
};

/** What is due of each kind at this wall time, as ids: whoever works on one reads it anew in its turn. */
export const dueTransactions = async (
  db: Db,
  what: 'retry_at_ms' | 'stop_at_ms' | 'close_at_ms',
  wallMs: number,
): Promise<readonly { readonly transactionId: string; readonly stationId: string }[]> =>
  db
    .selectFrom('station_transaction')
    .select(['transaction_id as transactionId', 'station_id as stationId'])
    .where(what, '<=', BigInt(wallMs))
    .orderBy(what)
    .limit(200)
    .execute();
