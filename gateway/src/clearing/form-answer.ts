import {
  answerBody,
  bodyHash,
  canonicalText,
  clearingCommands,
  computeAmounts,
  disputeBody,
  invoiceBody,
  parseSettled,
  sealBody,
  sessionCloseBody,
  type AnswerBody,
  type AnswerRequest,
  type DisputeBody,
  type InvoiceEntry,
  type SessionCloseBody,
  type ShownDispute,
} from '@roamgrid/wire';
import { v7 as uuidv7 } from 'uuid';
import type { StoredCommand } from '../batcher/commands.ts';
import { gatewayError } from '../problems.ts';
import type { GridOf } from '../station-api/grid-demand.ts';
import { newSalt, owedOf, payableOf } from './form-dispute.ts';
import { dealingOf, type ClearingRead } from './read.ts';

export const NOTHING = {
  energyWh: 0n,
  totalMicros: 0n,
  shares: { hun: 0n, vun: 0n, infrastructure: 0n, driver: 0n },
  payableMicros: 0n,
} as const;

/** Bodies of a dispute that a step needs. @throws ServiceError RECORD_NOT_FOUND when they were purged. */
export const bodyOf = <K extends 'body' | 'answer'>(
  dispute: ShownDispute,
  kind: K,
): NonNullable<ShownDispute[K]> => {
  const found = dispute[kind];
  if (found === undefined)
    throw gatewayError(
      'RECORD_NOT_FOUND',
      `dispute ${dispute.record.disputeId} has no ${kind} here any more`,
    );
  return found;
};

/** What a settled session comes to with another close. */
const revised = async (
  context: ClearingRead & { readonly gridOf: GridOf },
  { record }: ShownDispute,
  { laneSequence, sessionId }: DisputeBody,
  { readings, endReason }: SessionCloseBody,
) => {
  const { terms } = dealingOf(context, record);
  const row = await context.db
    .selectFrom('settled_session')
    .select('body')
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
  if (row === undefined) throw gatewayError('RECORD_NOT_FOUND', `the body of ${sessionId} was purged`);
  const { quote } = parseSettled(row.body).open;
  const tariff = context.registry.tariff(quote.tariffId, quote.tariffVersion);
  if (tariff === undefined)
    throw new Error(`version ${quote.tariffVersion} of ${quote.tariffId} is not in the read model`);
  const grid = await context.gridOf(terms, readings[0]?.atMs ?? 0, readings.at(-1)?.atMs ?? 0);
  const computed = computeAmounts({
    laneSequence,
    quote,
    readings,
    tariffJson: tariff.tariffJson,
    terms,
    endReason,
    ...(grid && { grid }),
  });
  if (!computed.ok) throw gatewayError('READINGS_INVALID', `${sessionId}: ${computed.error.message}`);
  return { text: row.body, owed: owedOf(computed.value) };
};

/** The visited utility's answer to a dispute. */
export const formAnswer = async (
  context: ClearingRead & { readonly gridOf: GridOf },
  dispute: ShownDispute,
  request: AnswerRequest,
): Promise<StoredCommand> => {
  const { disputeId } = dispute.record;
  const { outcome, evidence } = request;
  const disputed = bodyOf(dispute, 'body');
  const { termsText, endorsers } = dealingOf(context, dispute.record);
  const { currency, energyWh, totalMicros, shares, payableMicros } = disputed;
  const revision =
    outcome === 'revised' ? await revised(context, dispute, disputed, request.close) : undefined;
  const standing = { currency, energyWh, totalMicros, shares, payableMicros };
  const owed = outcome === 'credited' ? { currency, ...NOTHING } : (revision?.owed ?? standing);
  const answer = sealBody(answerBody, {
    disputeId,
    outcome,
    evidenceHash: bodyHash(evidence),
    evidence,
    ...owed,
    salt: newSalt(),
  });
  const commandId = `answer-${uuidv7()}`;
  return {
    commandId,
    command: {
      contract: 'clearing',
      transaction: 'answer',
      argument: canonicalText(clearingCommands.answer, {
        commandId,
        disputeId,
        outcome,
        answerHash: answer.hash,
      }),
      transient: {
        dispute: sealBody(disputeBody, disputed).text,
        answer: answer.text,
        ...(request.outcome === 'revised' &&
          revision !== undefined && {
            session: revision.text,
            close: canonicalText(sessionCloseBody, request.close),
            terms: termsText,
          }),
      },
      endorsers,
      role: 'aaa',
    },
  };
};

/** The invoice on which an answered record comes back. */
export const formSupplement = async (
  context: ClearingRead,
  dispute: ShownDispute,
  { body: { laneId } }: InvoiceEntry,
  periodId: string,
): Promise<StoredCommand> => {
  const { disputeId, agreementId, vun, hun } = dispute.record;
  const disputed = bodyOf(dispute, 'body');
  const answer: AnswerBody = bodyOf(dispute, 'answer');
  const { termsText, endorsers } = dealingOf(context, dispute.record);
  const { batch_id } = await context.db
    .selectFrom('ledger_session')
    .select('batch_id')
    .where('session_id', '=', disputed.sessionId)
    .executeTakeFirstOrThrow();
  const { currency, energyWh, totalMicros, shares, payableMicros } = answer;
  const supplementId = `sup-${disputeId.slice(0, 40)}`;
  const body = {
    invoiceId: supplementId,
    agreementId,
    vun,
    hun,
    laneId,
    periodId,
    currency,
    batchIds: [batch_id ?? ''],
    fromSequence: disputed.laneSequence,
    toSequence: disputed.laneSequence,
    sessions: 1,
    energyWh,
    totalMicros,
    shares,
    payableMicros,
    salt: newSalt(),
  };
  const sealed = sealBody(invoiceBody, body);
  const payable = payableOf(body, payableMicros);
  const commandId = `supplement-${uuidv7()}`;
  return {
    commandId,
    command: {
      contract: 'clearing',
      transaction: 'reinvoice',
      argument: canonicalText(clearingCommands.reinvoice, {
        commandId,
        disputeId,
        supplementId,
        periodId,
        bodyHash: sealed.hash,
        payableHash: payable.hash,
      }),
      transient: {
        dispute: sealBody(disputeBody, disputed).text,
        answer: sealBody(answerBody, answer).text,
        body: sealed.text,
        payable: payable.text,
        terms: termsText,
      },
      endorsers,
      role: 'aaa',
    },
  };
};
