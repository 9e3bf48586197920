import type { CallFailure, CallResult, Logger } from '@roamgrid/service-kit';
import { MAX_DISPUTED, type InvoiceBody, type InvoiceEntry, type ShownDispute } from '@roamgrid/wire';
import type { GatewayClient } from '../gateway/client.ts';
import { serially } from '../serially.ts';
import type { Db } from '../store/database.ts';
import { findFaults, type FindFaultsContext } from './find-faults.ts';
import { follow } from './outcomes.ts';
import type { Patience } from './patience.ts';
import { MAX_REASONS, reviewInvoice, type Review } from './review-invoice.ts';

export interface ClearInvoicesContext extends FindFaultsContext {
  readonly gateway: FindFaultsContext['gateway'] &
    Pick<GatewayClient, 'issuedInvoices' | 'acceptInvoice' | 'disputeRecords'>;
  readonly utilityId: string;
  readonly patience: Patience;
  readonly log: Logger;
}

/** A review, and what telling the ledger of it came to, where it was told. */
interface Cleared extends Review {
  readonly told?: CallResult<unknown>;
}

const raisedOn = (db: Db, invoiceId: string) =>
  db
    .selectFrom('record_dispute')
    .select(['session_id as sessionId', 'reason', 'evidence'])
    .where('invoice_id', '=', invoiceId)
    .orderBy('session_id')
    .execute();

const notTaken = (failure: CallFailure): Cleared => ({
  outcome: 'waiting',
  reasons: [
    `the ledger did not take it: ${failure.kind === 'problem' ? `${failure.problem.code}: ${failure.problem.detail}` : failure.kind}`,
  ],
  told: { ok: false, failure },
});

/** The settled sessions travel with the command: fewer of them may be as many as it takes. */
const isTooLarge = (failure: CallFailure): boolean =>
  failure.kind === 'problem' && failure.problem.code === 'LEDGER_TOO_LARGE';

/**
 * Accepts an invoice that agrees as a whole, but for the records that do not pass their checks. Those beyond as many as one
 * command names are contested by themselves once it is accepted.
 */
const clear = async (context: ClearInvoicesContext, entry: InvoiceEntry): Promise<Cleared> => {
  const { db, gateway, nowMs } = context;
  const { invoiceId } = entry.record;
  const found = await findFaults(context, entry);
  if (found < entry.body.sessions) {
    const missing = `${entry.body.sessions - found} of ${entry.body.sessions} settled sessions are not here`;
    return { outcome: 'waiting', reasons: [missing] };
  }
  const disputes = await raisedOn(db, invoiceId);
  if (disputes.length === 0) {
    const told = await gateway.acceptInvoice(invoiceId);
    return told.ok ? { outcome: 'accepted', reasons: [], told } : notTaken(told.failure);
  }
  let named = disputes.slice(0, MAX_DISPUTED);
  let told = await gateway.disputeRecords(invoiceId, named);
  while (!told.ok && isTooLarge(told.failure) && named.length > 1) {
    named = named.slice(0, Math.ceil(named.length / 2));
    told = await gateway.disputeRecords(invoiceId, named);
  }
  if (!told.ok) return notTaken(told.failure);
  await followAll(db, told.value.disputes, nowMs());
  return {
    outcome: 'in-part',
    reasons: disputes.map(({ sessionId, reason }) => `record ${sessionId} is disputed: ${reason}`),
    told,
  };
};

const followAll = (db: Db, disputes: readonly ShownDispute[], nowMs: number): Promise<void> =>
  db.transaction().execute(async (trx) => {
    for (const dispute of disputes) await follow(trx, dispute, nowMs);
  });

/** How many of an invoice's records are here: with one more it is another matter. */
const recordsHere = async (
  db: Db,
  { laneId, fromSequence, toSequence }: Pick<InvoiceBody, 'laneId' | 'fromSequence' | 'toSequence'>,
): Promise<string> => {
  const { here } = await db
    .selectFrom('cdr')
    .select(({ fn }) => fn.countAll<bigint>().as('here'))
    .where('lane_id', '=', laneId)
    .where('lane_sequence', '>=', fromSequence)
    .where('lane_sequence', '<=', toSequence)
    .executeTakeFirstOrThrow();
  return here.toString();
};

/**
 * Reviews every issued invoice: what agrees is accepted on the ledger, records that do not are disputed, an invoice that is
 * wrong as a whole is kept with its reasons. Each step can be told again, so that a crash at any instant loses nothing.
 */
export const createInvoiceReview = (context: ClearInvoicesContext) => {
  const { db, gateway, utilityId, patience, nowMs, log } = context;
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
  const reviewOne = async (entry: InvoiceEntry): Promise<Cleared> => {
    const whole = await reviewInvoice(db, utilityId, entry.body);
    if (whole.outcome !== 'accepted') return whole;
    const cleared = await clear(context, entry);
    return { ...cleared, reasons: [...cleared.reasons, ...whole.reasons] };
  };
  const work = serially(async (all: boolean): Promise<void> => {
    for (const entry of await gateway.issuedInvoices('hun')) {
      const { invoiceId, vun } = entry.record;
      const matter = { id: invoiceId, partner: vun, mark: await recordsHere(db, entry.record) };
      if (!all && !patience.isDue(matter)) continue;
      try {
        const { told, ...review } = await reviewOne(entry);
        await keep(invoiceId, vun, review);
        if (told === undefined) patience.later(matter);
        else patience.note(matter, told, `a reviewed invoice is accepted`);
      } catch (thrown) {
        // One invoice that cannot be reviewed now holds no other up.
        log.warn({ err: thrown, invoiceId }, 'an invoice could not be reviewed');
        patience.later(matter);
        await keep(invoiceId, vun, { outcome: 'waiting', reasons: ['it could not be reviewed yet'] });
      }
    }
  });
  return {
    /** Those that are new, have more records than before, or were not looked at for a while. */
    round: () => work(false),
    /** All of them. */
    now: () => work(true),
  };
};

export type InvoiceReview = ReturnType<typeof createInvoiceReview>;
