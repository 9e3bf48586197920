import type { Logger } from '@roamgrid/service-kit';
import {
  parseSettled,
  silenceMs,
  type AgreementTerms,
  type AnswerRequest,
  type ShownDispute,
} from '@roamgrid/wire';
import type { GatewayClient } from '../gateway/client.ts';
import { serially } from '../serially.ts';
import type { Db } from '../store/database.ts';
import { decideByFigures, decideByHomesYes, neededFor } from './decide.ts';
import { readGround, type GroundContext } from './ground.ts';
import type { Patience } from './patience.ts';
import { periodNow } from './period-now.ts';
import type { ReviewedRecord } from './record.ts';
import { createRunningDisputes } from './running-disputes.ts';
import { takenBackAs } from './take-backs.ts';
import { followShare, notFollowed, toFollow } from './visited-shares.ts';

export interface AnswerDisputesContext extends GroundContext {
  readonly db: Db;
  readonly gateway: GroundContext['gateway'] &
    Pick<
      GatewayClient,
      | 'dispute'
      | 'disputeChanges'
      | 'answerDispute'
      | 'invoiceRecords'
      | 'supplement'
      | 'issuedInvoices'
      | 'acceptInvoice'
    >;
  readonly patience: Patience;
  readonly log: Logger;
}

/** Home's silence on invoices is looked for in one round of so many: it lasts days. */
const SILENCE_EVERY = 10;

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
  const { db, gateway, patience, nowMs, log } = context;
  const running = createRunningDisputes({
    db,
    gateway,
    patience,
    log,
    role: 'vun',
    leftOpen: () => notFollowed(db),
    keep: (disputes) => toFollow(db, disputes),
  });

  /** What the node would answer by itself; undefined where that is for a person to say, mostly by the reason alone. */
  const answerOf = async (dispute: ShownDispute): Promise<AnswerRequest | undefined> => {
    const takenBack = dispute.body && (await takenBackAs(db, dispute.body.sessionId));
    if (takenBack !== undefined) return takenBack;
    const reason = dispute.body?.reason;
    const needed = reason && neededFor(reason);
    if (reason === undefined || needed === undefined) return undefined;
    const record = await disputedRecord(gateway, dispute);
    if (record === undefined) return undefined;
    if (needed === 'record') return decideByHomesYes(reason, record);
    const groundOf = await readGround(context, dispute.record.agreementId, [record]);
    return decideByFigures(reason, record, groundOf(record));
  };

  const answer = async (dispute: ShownDispute): Promise<void> => {
    const { disputeId, hun, version } = dispute.record;
    const said = await answerOf(dispute);
    const matter = { id: disputeId, partner: hun, mark: version.toString() };
    if (said === undefined) {
      // A person may answer it, or take the record back.
      patience.later(matter);
      return;
    }
    const told = await gateway.answerDispute(disputeId, said);
    patience.note(matter, told, 'a dispute is answered');
    if (told.ok) await follow(told.value);
  };

  /** Home was silent on what was answered: that is agreement. */
  const supplement = async ({ record }: ShownDispute): Promise<void> => {
    const { disputeId, hun, version } = record;
    const told = await gateway.supplement(disputeId, await periodNow(gateway, record, nowMs()));
    const matter = { id: disputeId, partner: hun, mark: version.toString() };
    patience.note(matter, told, 'home was silent: what was answered is on an invoice of its own');
    if (told.ok) await follow(told.value.dispute);
  };

  /** Brings the owner's share to where the dispute is. */
  const follow = async (dispute: ShownDispute): Promise<'running' | 'over'> => {
    const followed = await followShare(db, dispute);
    if (followed === 'done') running.drop(dispute);
    else running.put(dispute);
    return followed === 'running' ? 'running' : 'over';
  };

  const step = async (dispute: ShownDispute): Promise<void> => {
    const { record, silentUntilMs = Number.POSITIVE_INFINITY } = dispute;
    if ((await follow(dispute)) === 'over') return;
    const matter = { id: record.disputeId, partner: record.hun, mark: record.version.toString() };
    if (!patience.isDue(matter)) return;
    if (record.state === 'disputed') await answer(dispute);
    else if (record.late === true) running.drop(dispute);
    else if (nowMs() > silentUntilMs) await supplement(dispute);
  };

  /** Home was silent on an invoice for the agreed time: then it has accepted it. */
  const acceptSilent = async (): Promise<void> => {
    const termsOf = new Map<string, AgreementTerms>();
    for (const { record } of await gateway.issuedInvoices('vun')) {
      const { agreementId, invoiceId, hun, issuedAtMs } = record;
      const terms = termsOf.get(agreementId) ?? (await gateway.agreement(agreementId)).terms;
      termsOf.set(agreementId, terms);
      const matter = { id: invoiceId, partner: hun };
      if (nowMs() <= issuedAtMs + silenceMs(terms) || !patience.isDue(matter)) continue;
      patience.note(
        matter,
        await gateway.acceptInvoice(invoiceId),
        'home was silent: its invoice is accepted',
      );
    }
  };

  let rounds = 0;
  return {
    answerOf,
    round: serially(async (): Promise<void> => {
      for (const dispute of await running.refresh()) {
        await step(dispute).catch((thrown: unknown) => {
          const { disputeId: id, hun: partner, version } = dispute.record;
          patience.later({ id, partner, mark: version.toString() });
          log.error({ err: thrown, disputeId: id }, 'a dispute could not be answered');
        });
      }
      if (rounds % SILENCE_EVERY === 0) await acceptSilent();
      rounds += 1;
    }),
  };
};

export type AnsweringOfDisputes = ReturnType<typeof createAnsweringOfDisputes>;
