import type { Logger } from '@roamgrid/service-kit';
import { parseSettled, silenceMs, type AnswerRequest, type ShownDispute } from '@roamgrid/wire';
import type { GatewayClient } from '../gateway/client.ts';
import { serially } from '../serially.ts';
import type { Db } from '../store/database.ts';
import { decide } from './decide.ts';
import { readGround, type GroundContext } from './ground.ts';
import { periodNow } from './period-now.ts';
import type { ReviewedRecord } from './record.ts';
import { createOpenDisputes, followShare } from './visited-shares.ts';

export interface AnswerDisputesContext extends GroundContext {
  readonly db: Db;
  readonly gateway: GroundContext['gateway'] &
    Pick<
      GatewayClient,
      | 'disputes'
      | 'dispute'
      | 'answerDispute'
      | 'invoiceRecords'
      | 'supplement'
      | 'issuedInvoices'
      | 'acceptInvoice'
    >;
  readonly log: Logger;
}

/** The record that a dispute is about, as it was invoiced. */
const disputedRecord = async (
  gateway: AnswerDisputesContext['gateway'],
  { record, body }: ShownDispute,
): Promise<ReviewedRecord | undefined> => {
  if (body === undefined) return undefined;
  const { items } = await gateway.invoiceRecords(record.invoiceId, body.laneSequence - 1, 1);
  const found = items.find(({ cdr }) => cdr.sessionId === body.sessionId);
  return found && { cdr: found.cdr, settled: parseSettled(found.settled) };
};

/** The visited utility's side of disputes: answers what figures decide, and says what home's silence says. */
export const createAnsweringOfDisputes = (context: AnswerDisputesContext) => {
  const { db, gateway, nowMs, log } = context;
  const openDisputes = createOpenDisputes(db, gateway);

  /** What the node would answer by itself; undefined where that is for a person to say. */
  const answerOf = async (dispute: ShownDispute): Promise<AnswerRequest | undefined> => {
    const record = await disputedRecord(gateway, dispute);
    if (record === undefined || dispute.body === undefined) return undefined;
    const groundOf = await readGround(context, dispute.record.agreementId, [record]);
    return decide(dispute.body.reason, record, groundOf(record));
  };

  const step = async (dispute: ShownDispute): Promise<void> => {
    const { record, silentUntilMs = Number.POSITIVE_INFINITY } = dispute;
    if (record.state === 'disputed') {
      const answer = await answerOf(dispute);
      if (answer !== undefined) await gateway.answerDispute(record.disputeId, answer);
    } else if ((record.state === 'revised' || record.state === 'upheld') && nowMs() > silentUntilMs) {
      await gateway.supplement(record.disputeId, await periodNow(gateway, record, nowMs()));
    }
  };

  /** Home was silent on an invoice for the agreed time: then it has accepted it. */
  const acceptSilent = async (): Promise<void> => {
    for (const { record } of await gateway.issuedInvoices('vun')) {
      const { terms } = await gateway.agreement(record.agreementId);
      if (nowMs() > record.issuedAtMs + silenceMs(terms)) await gateway.acceptInvoice(record.invoiceId);
    }
  };

  return {
    answerOf,
    round: serially(async (): Promise<void> => {
      for (const dispute of await openDisputes()) {
        try {
          await step(dispute);
          await followShare(db, await gateway.dispute(dispute.record.disputeId));
        } catch (thrown) {
          log.error({ err: thrown, disputeId: dispute.record.disputeId }, 'a dispute could not be answered');
        }
      }
      await acceptSilent();
    }),
  };
};

export type AnsweringOfDisputes = ReturnType<typeof createAnsweringOfDisputes>;
