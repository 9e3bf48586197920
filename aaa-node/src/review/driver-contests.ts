import type { ContestRequest, DriverContest } from '@roamgrid/wire';
import { aaaError } from '../problems.ts';
import type { Db, Trx } from '../store/database.ts';

/** What drivers contest of their bills: home answers by itself, or disputes the record with that as evidence. */

const customerOf = async (db: Db, sub: string): Promise<string> => {
  const row = await db.selectFrom('customer').select('customer_id').where('sub', '=', sub).executeTakeFirst();
  if (row === undefined) throw aaaError('CUSTOMER_NOT_FOUND', 'no customer has this subject');
  return row.customer_id;
};

const rowsOf = (db: Db) =>
  db
    .selectFrom('driver_contest')
    .leftJoin('record_dispute', 'record_dispute.session_id', 'driver_contest.session_id')
    .select([
      'driver_contest.session_id as sessionId',
      'statement',
      'contested_at_ms as contestedAtMs',
      'driver_contest.state',
      'answer',
      'refusal',
      'outcome',
    ])
    .orderBy('contested_at_ms', 'desc')
    .orderBy('driver_contest.session_id');

type Row = Awaited<ReturnType<ReturnType<typeof rowsOf>['execute']>>[number];

const shown = ({ state, outcome, answer, refusal, ...row }: Row): DriverContest => ({
  ...row,
  state: state === 'raised' && outcome !== null ? outcome : state,
  ...(answer !== null && { answer }),
  ...(state === 'open' && refusal !== null && { refusal }),
});

/** What a customer contested, the latest first. @throws ServiceError CUSTOMER_NOT_FOUND */
export const contestsOf = async (db: Db, sub: string): Promise<DriverContest[]> => {
  const rows = await rowsOf(db)
    .where('customer_id', '=', await customerOf(db, sub))
    .execute();
  return rows.map(shown);
};

/** What waits for home's word, the oldest first. */
export const openContests = async (db: Db): Promise<DriverContest[]> => {
  const rows = await rowsOf(db).where('driver_contest.state', '=', 'open').limit(1_000).execute();
  return rows.map(shown).reverse();
};

/**
 * Keeps what a customer says about a session on a bill of his own. Said again it stays as it was.
 * @throws ServiceError CUSTOMER_NOT_FOUND, RECORD_UNKNOWN, DISPUTE_RAISED when he said something else before
 */
export const keepContest = async (
  db: Db,
  sub: string,
  { sessionId, statement }: ContestRequest,
  nowMs: number,
): Promise<DriverContest> => {
  const customerId = await customerOf(db, sub);
  const own = await db
    .selectFrom('cdr')
    .select('session_id')
    .where('session_id', '=', sessionId)
    .where('customer_id', '=', customerId)
    .where('bill_id', 'is not', null)
    .executeTakeFirst();
  if (own === undefined)
    throw aaaError('RECORD_UNKNOWN', `session ${sessionId} is on no bill of this customer`);
  await db
    .insertInto('driver_contest')
    .values({
      session_id: sessionId,
      customer_id: customerId,
      statement,
      contested_at_ms: nowMs,
      state: 'open',
      answer: null,
      refusal: null,
    })
    .onConflict((conflict) => conflict.column('session_id').doNothing())
    .execute();
  const found = (await contestsOf(db, sub)).find((each) => each.sessionId === sessionId);
  if (found?.statement !== statement)
    throw aaaError('DISPUTE_RAISED', `session ${sessionId} was contested before, in other words`);
  return found;
};

/** @throws ServiceError RECORD_UNKNOWN */
export const contestOf = async (db: Db, sessionId: string): Promise<DriverContest> => {
  const row = await rowsOf(db).where('driver_contest.session_id', '=', sessionId).executeTakeFirst();
  if (row === undefined) throw aaaError('RECORD_UNKNOWN', `nobody contests session ${sessionId}`);
  return shown(row);
};

/** Home's word on a contest that waits for it; once. */
export const answerContest = async (db: Db, sessionId: string, answer: string): Promise<void> => {
  await db
    .updateTable('driver_contest')
    .set({ state: 'answered', answer })
    .where('session_id', '=', sessionId)
    .where('state', '=', 'open')
    .execute();
};

/** Home disputes the record with it. @throws ServiceError DISPUTE_RAISED when it does not wait for home's word any more */
export const takeContest = async (trx: Trx, sessionId: string): Promise<void> => {
  const { numUpdatedRows } = await trx
    .updateTable('driver_contest')
    .set({ state: 'raised', refusal: null })
    .where('session_id', '=', sessionId)
    .where('state', '=', 'open')
    .executeTakeFirst();
  if (numUpdatedRows === 0n)
    throw aaaError('DISPUTE_RAISED', `the contest of ${sessionId} has home’s word already`);
};

/** The ledger does not take the dispute: the contest waits for home's word again, and says why. */
export const reopenContest = async (trx: Trx, sessionId: string, refusal: string): Promise<void> => {
  await trx
    .updateTable('driver_contest')
    .set({ state: 'open', refusal })
    .where('session_id', '=', sessionId)
    .where('state', '=', 'raised')
    .execute();
};
