import type { CallResult, Logger } from '@roamgrid/service-kit';
import type { ShownDispute } from '@roamgrid/wire';
import type { GatewayClient } from '../gateway/client.ts';
import { serially } from '../serially.ts';
import type { Db } from '../store/database.ts';
import { createLateDisputes } from './late-disputes.ts';
import { follow } from './outcomes.ts';
import { periodNow } from './period-now.ts';

export interface HomeDisputesContext {
  readonly db: Db;
  readonly gateway: Pick<
    GatewayClient,
    | 'agreement'
    | 'disputes'
    | 'dispute'
    | 'creditBySilence'
    | 'supplement'
    | 'creditNote'
    | 'disputeRecords'
    | 'invoiceRecords'
  >;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** Invoices with records whose dispute is not over here; one that was told and whose answer was lost among them. */
const openInvoices = async (db: Db): Promise<readonly string[]> => {
  const rows = await db
    .selectFrom('record_dispute')
    .select('invoice_id')
    .distinct()
    .where('state', 'not in', ['credited', 'settled'])
    .where('invoice_id', 'is not', null)
    .execute();
  return rows.flatMap(({ invoice_id: id }) => id ?? []);
};

/** Home's side of disputes: follows the ledger, and says what is to be said when the other side's time is over. */
export const createHomeDisputes = ({ db, gateway, nowMs, log }: HomeDisputesContext) => {
  const take = (dispute: ShownDispute): Promise<void> =>
    db.transaction().execute((trx) => follow(trx, dispute, nowMs()));

  /** What the answer says is owed, on an invoice of its own. */
  const accept = async (record: ShownDispute['record']): Promise<CallResult<unknown>> => {
    const told = await gateway.supplement(record.disputeId, await periodNow(gateway, record, nowMs()));
    if (told.ok) await take(told.value.dispute);
    return told;
  };

  /** What a late dispute takes off goes back as a credit note. */
  const takeBack = async (record: ShownDispute['record']): Promise<void> => {
    const told = await gateway.creditNote(record.disputeId, await periodNow(gateway, record, nowMs()));
    if (told.ok) await take(told.value.dispute);
  };

  /** A revised record is what home asked for, and owed at once; one that is upheld is the operator's to look at. */
  const step = async (dispute: ShownDispute): Promise<void> => {
    const { record, silentUntilMs = Number.POSITIVE_INFINITY } = dispute;
    await take(dispute);
    const isLess = record.state === 'revised' || record.state === 'credited';
    if (record.late === true && isLess) await takeBack(record);
    else if (record.state === 'revised') await accept(record);
    else if (record.state === 'disputed' && nowMs() > silentUntilMs) {
      const told = await gateway.creditBySilence(record.disputeId);
      if (told.ok) await take(told.value);
    }
  };

  const late = createLateDisputes({ db, gateway, nowMs, log });

  return {
    /** A person contests a record, before its invoice comes or after it was accepted. */
    contest: late.contest,
    /** An operator agrees to what the visited utility upheld, before silence says so. */
    accept: async (disputeId: string) => accept((await gateway.dispute(disputeId)).record),
    round: serially(async (): Promise<void> => {
      await late.tellAgain();
      for (const invoiceId of await openInvoices(db)) {
        for (const dispute of await gateway.disputes({ role: 'hun', invoiceId })) {
          await step(dispute).catch((thrown: unknown) => {
            log.error(
              { err: thrown, disputeId: dispute.record.disputeId },
              'a dispute could not be followed',
            );
          });
        }
      }
    }),
  };
};

export type HomeDisputes = ReturnType<typeof createHomeDisputes>;
