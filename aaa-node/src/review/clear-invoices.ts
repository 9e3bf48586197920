import type { CallFailure } from '@roamgrid/service-kit';
import type { Logger } from '@roamgrid/service-kit';
import { MAX_DISPUTED, type InvoiceEntry, type ShownDispute } from '@roamgrid/wire';
import type { GatewayClient } from '../gateway/client.ts';
import { serially } from '../serially.ts';
import type { Db } from '../store/database.ts';
import { findFaults, type FindFaultsContext } from './find-faults.ts';
import { follow } from './outcomes.ts';
import { MAX_REASONS, reviewInvoice, type Review } from './review-invoice.ts';

export interface ClearInvoicesContext extends FindFaultsContext {
  readonly gateway: FindFaultsContext['gateway'] &
    Pick<GatewayClient, 'issuedInvoices' | 'acceptInvoice' | 'disputeRecords'>;
  readonly utilityId: string;
  readonly log: Logger;
}

const raisedOn = (db: Db, invoiceId: string) =>
  db
    .selectFrom('record_dispute')
    .select(['session_id as sessionId', 'reason', 'evidence'])
    .where('invoice_id', '=', invoiceId)
    .orderBy('session_id')
    .execute();

const notTaken = (failure: CallFailure): Review => ({
  outcome: 'waiting',
  reasons: [
    `the ledger did not take it: ${failure.kind === 'problem' ? `${failure.problem.code}: ${failure.problem.detail}` : failure.kind}`,
  ],
});

/** Accepts an invoice that agrees as a whole, but for the records that do not pass their checks. */
const clear = async (context: ClearInvoicesContext, entry: InvoiceEntry): Promise<Review> => {
  const { db, gateway, nowMs } = context;
  const { invoiceId } = entry.record;
  const found = await findFaults(context, entry);
  if (found < entry.body.sessions) {
    const missing = `${entry.body.sessions - found} of ${entry.body.sessions} settled sessions are not here`;
    return { outcome: 'waiting', reasons: [missing] };
  }
  const disputes = await raisedOn(db, invoiceId);
  if (disputes.length > MAX_DISPUTED)
    return {
      outcome: 'refused',
      reasons: [
        `${disputes.length} records do not pass their checks, more than the ${MAX_DISPUTED} that one invoice can be disputed for: the visited utility is to take it back`,
      ],
    };
  if (disputes.length === 0) {
    const accepted = await gateway.acceptInvoice(invoiceId);
    return accepted.ok ? { outcome: 'accepted', reasons: [] } : notTaken(accepted.failure);
  }
  const told = await gateway.disputeRecords(invoiceId, disputes);
  if (!told.ok) return notTaken(told.failure);
  await followAll(db, told.value.disputes, nowMs());
  return {
    outcome: 'in-part',
    reasons: disputes.map(({ sessionId, reason }) => `record ${sessionId} is disputed: ${reason}`),
  };
};

const followAll = (db: Db, disputes: readonly ShownDispute[], nowMs: number): Promise<void> =>
  db.transaction().execute(async (trx) => {
    for (const dispute of disputes) await follow(trx, dispute, nowMs);
  });

/**
 * Reviews every issued invoice: what agrees is accepted on the ledger, records that do not are disputed, an invoice that is
 * wrong as a whole is kept with its reasons. Each step can be told again, so that a crash at any instant loses nothing.
 */
export const createInvoiceReview = (context: ClearInvoicesContext) => {
  const { db, gateway, utilityId, nowMs, log } = context;
  const keep = (invoiceId: string, vun: string, { outcome, reasons }: Review) => {
    const values = {
      outcome,
      reasons: JSON.stringify(reasons.slice(0, MAX_REASONS)),
      reviewed_at_ms: nowMs(),
    };
    return db
      .insertInto('invoice_review')
      .values({ invoice_id: invoiceId, vun, ...values })
      .onConflict((conflict) => conflict.column('invoice_id').doUpdateSet(values))
      .execute();
  };
  const reviewOne = async (entry: InvoiceEntry): Promise<Review> => {
    const whole = await reviewInvoice(db, utilityId, entry.body);
    if (whole.outcome !== 'accepted') return whole;
    const { outcome, reasons } = await clear(context, entry);
    return { outcome, reasons: [...reasons, ...whole.reasons] };
  };
  return serially(async (): Promise<void> => {
    for (const entry of await gateway.issuedInvoices('hun')) {
      const { invoiceId, vun } = entry.record;
      try {
        await keep(invoiceId, vun, await reviewOne(entry));
      } catch (thrown) {
        // One invoice that cannot be reviewed now holds no other up.
        log.warn({ err: thrown, invoiceId }, 'an invoice could not be reviewed');
        await keep(invoiceId, vun, { outcome: 'waiting', reasons: ['it could not be reviewed yet'] });
      }
    }
  });
};
