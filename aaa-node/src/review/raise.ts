import { canonicalJson, type DisputeReason } from '@roamgrid/wire';
import { aaaError } from '../problems.ts';
import type { Db } from '../store/database.ts';
import { reopenContest, takeContest } from './driver-contests.ts';

/** What a person contests of a record. */
export interface Contest {
  readonly sessionId: string;
  readonly reason: DisputeReason;
  readonly statement: string;
  /** Who says so. */
  readonly by: string;
  /** What the driver contests of his bill: his contest goes with it. */
  readonly isDrivers?: true;
}

/** Where the ledger has the record. */
export interface RecordPlace {
  /** An invoice that was accepted. */
  readonly acceptedOn?: string;
  /** An invoice that waits for home's word. */
  readonly issuedOn?: string;
}

/**
 * Keeps a record from being accepted with its invoice, which has not come: it will be disputed with this reason. With an invoice
 * that was accepted, it is to be contested by itself.
 * @throws ServiceError RECORD_UNKNOWN, DISPUTE_NOT_YET, DISPUTE_RAISED
 */
export const raiseDispute = (
  db: Db,
  { sessionId, reason, statement, by, isDrivers }: Contest,
  nowMs: number,
  { acceptedOn, issuedOn }: RecordPlace,
): Promise<void> =>
  db.transaction().execute(async (trx) => {
    const cdr = await trx
      .selectFrom('cdr')
      .select('invoice_id')
      .where('session_id', '=', sessionId)
      .forUpdate()
      .executeTakeFirst();
    if (cdr === undefined) throw aaaError('RECORD_UNKNOWN', `no record of session ${sessionId} was read yet`);
    const raised = await trx
      .insertInto('record_dispute')
      .values({
        session_id: sessionId,
        invoice_id: acceptedOn ?? null,
        dispute_id: null,
        reason,
        evidence: canonicalJson({ sessionId, reason, statement, figures: {} }),
        raised_by: by,
        raised_at_ms: nowMs,
        state: 'raised',
        stood: null,
      })
      .onConflict((conflict) => conflict.column('session_id').doNothing())
      .executeTakeFirst();
    if (raised.numInsertedOrUpdatedRows === 0n)
      throw aaaError('DISPUTE_RAISED', `the record of ${sessionId} is disputed already`);
    if (issuedOn !== undefined && cdr.invoice_id === issuedOn)
      throw aaaError('DISPUTE_NOT_YET', `the record of ${sessionId} is being reviewed with its invoice`);
    // In the same step, so that a crash leaves no dispute whose contest still waits for home's word.
    if (isDrivers === true) await takeContest(trx, sessionId);
  });

/** The ledger does not take it for good: the record stands, and whoever contests it is told why. */
export const unraise = (db: Db, sessionId: string, why: string): Promise<void> =>
  db.transaction().execute(async (trx) => {
    await trx
      .deleteFrom('record_dispute')
      .where('session_id', '=', sessionId)
      .where('state', '=', 'raised')
      .execute();
    await reopenContest(trx, sessionId, why);
  });
