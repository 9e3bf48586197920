import type { CallResult, Logger } from '@roamgrid/service-kit';
import type { DisputeReason } from '@roamgrid/wire';
import type { GatewayClient } from '../gateway/client.ts';
import { aaaError } from '../problems.ts';
import type { Db } from '../store/database.ts';
import { follow } from './outcomes.ts';
import { raiseDispute, type Contest } from './raise.ts';

interface LateDisputesContext {
  readonly db: Db;
  readonly gateway: Pick<GatewayClient, 'disputeRecords' | 'invoiceRecords'>;
  readonly nowMs: () => number;
  readonly log: Logger;
}

interface Raised {
  readonly sessionId: string;
  readonly invoiceId: string;
  readonly reason: DisputeReason;
  readonly evidence: string;
}

/** Records that are contested after their invoice was accepted: each is told to the ledger by itself. */
export const createLateDisputes = ({ db, gateway, nowMs, log }: LateDisputesContext) => {
  /** Tells one; what the ledger refuses for good is not disputed here either. */
  const tell = async ({ invoiceId, ...asked }: Raised): Promise<CallResult<unknown>> => {
    const told = await gateway.disputeRecords(invoiceId, [asked]);
    if (told.ok)
      await db.transaction().execute(async (trx) => {
        for (const dispute of told.value.disputes) await follow(trx, dispute, nowMs());
      });
    else if (told.failure.kind === 'problem' && told.failure.problem.status < 500)
      await db
        .deleteFrom('record_dispute')
        .where('session_id', '=', asked.sessionId)
        .where('state', '=', 'raised')
        .execute();
    return told;
  };

  const waiting = async (): Promise<readonly Raised[]> => {
    const rows = await db
      .selectFrom('record_dispute')
      .select(['session_id as sessionId', 'invoice_id as invoiceId', 'reason', 'evidence'])
      .where('state', '=', 'raised')
      .where('is_late', '=', true)
      .orderBy('session_id')
      .execute();
    return rows.flatMap(({ invoiceId, ...row }) => (invoiceId === null ? [] : [{ ...row, invoiceId }]));
  };

  return {
    /**
     * Contests a record: with its invoice when that has not come, by itself when it was accepted.
     * @throws ServiceError RECORD_UNKNOWN, DISPUTE_RAISED, DISPUTE_NOT_YET, DISPUTE_REFUSED
     */
    contest: async (contest: Contest): Promise<void> => {
      const { sessionId } = contest;
      const cdr = await db
        .selectFrom('cdr')
        .select('invoice_id')
        .where('session_id', '=', sessionId)
        .executeTakeFirst();
      const invoiceId = cdr?.invoice_id ?? undefined;
      if (invoiceId === undefined) {
        await raiseDispute(db, contest, nowMs());
        return;
      }
      const { invoice } = await gateway.invoiceRecords(invoiceId, 0, 1);
      if (invoice.record.state !== 'accepted' && invoice.record.state !== 'netted')
        throw aaaError('DISPUTE_NOT_YET', `invoice ${invoiceId} with ${sessionId} is not accepted yet`);
      await raiseDispute(db, contest, nowMs(), invoiceId);
      const raised = (await waiting()).find((row) => row.sessionId === sessionId);
      const told = raised && (await tell(raised));
      if (told?.ok === false && told.failure.kind === 'problem' && told.failure.problem.status < 500)
        throw aaaError('DISPUTE_REFUSED', `${told.failure.problem.code}: ${told.failure.problem.detail}`);
    },
    /** What was raised and whose telling came to no answer. */
    tellAgain: async (): Promise<void> => {
      for (const raised of await waiting()) {
        const told = await tell(raised);
        if (!told.ok)
          log.warn({ sessionId: raised.sessionId, failure: told.failure }, 'a record is not contested');
      }
    },
  };
};
