import { canonicalJson, type DisputeReason } from '@roamgrid/wire';
import { aaaError } from '../problems.ts';
import type { Db } from '../store/database.ts';

/** What a person contests of a record. */
export interface Contest {
  readonly sessionId: string;
  readonly reason: DisputeReason;
  readonly statement: string;
  /** Who says so. */
  readonly by: string;
}

/**
 * Keeps a record from being accepted with its invoice, which has not come: it will be disputed with this reason. With an invoice
 * that was accepted, it is to be contested by itself.
 * @throws ServiceError RECORD_UNKNOWN, DISPUTE_NOT_YET, DISPUTE_RAISED
 */
export const raiseDispute = (
  db: Db,
  { sessionId, reason, statement, by }: Contest,
  nowMs: number,
  acceptedOn?: string,
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
        is_late: acceptedOn !== undefined,
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
    if (acceptedOn === undefined && cdr.invoice_id !== null)
      throw aaaError('DISPUTE_NOT_YET', `the record of ${sessionId} is being reviewed with its invoice`);
  });
