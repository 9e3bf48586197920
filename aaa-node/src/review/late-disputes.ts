import type { CallFailure } from '@roamgrid/service-kit';
import {
  MAX_DISPUTED,
  type DisputeReason,
  type InvoiceEntry,
  type InvoiceRecord,
  type Problem,
} from '@roamgrid/wire';
import type { GatewayClient } from '../gateway/client.ts';
import { aaaError } from '../problems.ts';
import type { Db } from '../store/database.ts';
import { follow } from './outcomes.ts';
import type { Matter, Patience } from './patience.ts';
import { raiseDispute, unraise, type Contest } from './raise.ts';

interface LateDisputesContext {
  readonly db: Db;
  readonly gateway: Pick<GatewayClient, 'disputeRecords' | 'invoiceWith'>;
  readonly patience: Patience;
  readonly nowMs: () => number;
}

interface Raised {
  readonly sessionId: string;
  readonly invoiceId: string | null;
  readonly vun: string;
  readonly reason: DisputeReason;
  readonly evidence: string;
}

/** Refusals that nothing cures: the time to contest is over, or the record is more than the ledger takes. */
const FINAL: ReadonlySet<string> = new Set(['LEDGER_EXPIRED', 'LEDGER_TOO_LARGE']);

const problemOf = (failure: CallFailure): Problem | undefined =>
  failure.kind === 'problem' ? failure.problem : undefined;

const isAccepted = ({ state }: InvoiceRecord): boolean => state !== 'issued' && state !== 'cancelled';

const matterOf = ({ sessionId, vun, invoiceId }: Raised): Matter => ({
  id: `contest ${sessionId}`,
  partner: vun,
  mark: invoiceId ?? '',
});

/**
 * Records that are held to be wrong and whose invoice was accepted all the same: by home, which had found or contested them only
 * afterwards or could not name them all at once, or by home's silence. The ledger is told of each as long as it takes contests.
 */
export const createLateDisputes = ({ db, gateway, patience, nowMs }: LateDisputesContext) => {
  /** @returns why the ledger refuses one for good: then it is not disputed here either. */
  const tell = async (invoiceId: string, raised: readonly Raised[]): Promise<Problem | undefined> => {
    const told = await gateway.disputeRecords(
      invoiceId,
      raised.map(({ sessionId, reason, evidence }) => ({ sessionId, reason, evidence })),
    );
    const refused = told.ok ? undefined : problemOf(told.failure);
    const isRefused = refused !== undefined && refused.status < 500;
    if (isRefused && raised.length > 1) {
      // One of them is: each is told by itself.
      for (const each of raised) if (patience.isDue(matterOf(each))) await tell(invoiceId, [each]);
      return undefined;
    }
    for (const [at, each] of raised.entries()) {
      if (at === 0) patience.note(matterOf(each), told, 'records are contested by themselves');
      else if (!told.ok) patience.later(matterOf(each));
    }
    if (told.ok)
      await db.transaction().execute(async (trx) => {
        for (const dispute of told.value.disputes) await follow(trx, dispute, nowMs());
      });
    if (!isRefused || !FINAL.has(refused.code)) return undefined;
    for (const { sessionId } of raised) await unraise(db, sessionId, `${refused.code}: ${refused.detail}`);
    return refused;
  };

  const waiting = (sessionId?: string): Promise<readonly Raised[]> =>
    db
      .selectFrom('record_dispute')
      .innerJoin('cdr', 'cdr.session_id', 'record_dispute.session_id')
      .select([
        'record_dispute.session_id as sessionId',
        'record_dispute.invoice_id as invoiceId',
        'vun',
        'reason',
        'evidence',
      ])
      .where('state', '=', 'raised')
      .$if(sessionId !== undefined, (query) => query.where('cdr.session_id', '=', sessionId ?? ''))
      .orderBy('record_dispute.session_id')
      .execute();

  /** What is due of what was raised, by the accepted invoice that each is on; what is on none is looked at again later. */
  const onAccepted = async (): Promise<ReadonlyMap<string, readonly Raised[]>> => {
    const invoices = new Map<string, InvoiceEntry>();
    const found = new Map<string, Raised[]>();
    for (const raised of await waiting()) {
      if (!patience.isDue(matterOf(raised))) continue;
      const invoice = invoices.get(raised.invoiceId ?? '') ?? (await gateway.invoiceWith(raised.sessionId));
      if (invoice !== undefined) invoices.set(invoice.record.invoiceId, invoice);
      if (invoice === undefined || !isAccepted(invoice.record)) {
        patience.later(matterOf(raised));
        continue;
      }
      const { invoiceId } = invoice.record;
      found.set(invoiceId, [...(found.get(invoiceId) ?? []), raised]);
    }
    return found;
  };

  return {
    /**
     * Contests a record: with its invoice when that has not come, by itself when it was accepted.
     * @throws ServiceError RECORD_UNKNOWN, DISPUTE_RAISED, DISPUTE_NOT_YET, DISPUTE_REFUSED, UNAVAILABLE
     */
    contest: async (contest: Contest): Promise<void> => {
      const { sessionId } = contest;
      // Its invoice may have been accepted by silence, before this node reviewed it: the ledger knows.
      const invoice = (await gateway.invoiceWith(sessionId))?.record;
      const acceptedOn = invoice !== undefined && isAccepted(invoice) ? invoice.invoiceId : undefined;
      await raiseDispute(db, contest, nowMs(), {
        ...(acceptedOn !== undefined && { acceptedOn }),
        ...(invoice?.state === 'issued' && { issuedOn: invoice.invoiceId }),
      });
      if (acceptedOn === undefined) return;
      const refused = await tell(acceptedOn, await waiting(sessionId));
      if (refused !== undefined) throw aaaError('DISPUTE_REFUSED', `${refused.code}: ${refused.detail}`);
    },
    /** What was raised and of which the ledger does not have a dispute. */
    tellAgain: async (): Promise<void> => {
      for (const [invoiceId, raised] of await onAccepted())
        for (let from = 0; from < raised.length; from += MAX_DISPUTED) {
          const due = raised
            .slice(from, from + MAX_DISPUTED)
            .filter((each) => patience.isDue(matterOf(each)));
          if (due.length > 0) await tell(invoiceId, due);
        }
    },
  };
};
