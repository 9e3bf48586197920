import { canonicalJson, type DisputeReason } from '@roamgrid/wire';
import { aaaError } from '../problems.ts';
import type { Db } from '../store/database.ts';

/** What a person contests of a record that was not accepted yet. */
export interface Contest {
  readonly sessionId: string;
  readonly reason: DisputeReason;
  readonly statement: string;
  /** Who says so. */
  readonly by: string;
}

/**
 * Keeps a record from being accepted with its invoice: it will be disputed with this reason.
 * @throws ServiceError RECORD_UNKNOWN, DISPUTE_TOO_LATE, DISPUTE_RAISED
 */
export const raiseDispute = (
  db: Db,
  { sessionId, reason, statement, by }: Contest,
  nowMs: number,
): Promise<void> =>
  db.transaction().execute(async (trx) => {
    const cdr = await trx
      .selectFrom('cdr')
      .select('evse_id')
      .where('session_id', '=', sessionId)
      .forUpdate()
      .executeTakeFirst();
    if (cdr === undefined) throw aaaError('RECORD_UNKNOWN', `no record of session ${sessionId} was read yet`);
    const raised = await trx
      .insertInto('record_dispute')
      .values({
        session_id: sessionId,
        invoice_id: null,
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
    if (cdr.evse_id !== null)
      throw aaaError('DISPUTE_TOO_LATE', `the record of ${sessionId} was reviewed with its invoice`);
  });
