import {
  answerBody,
  creditBody,
  disputeBody,
  disputeIdOf,
  payableStatement,
  sealBody,
  type AnswerBody,
  type CreditBody,
  type DisputeBody,
  type JsonValue,
} from '@roamgrid/wire';
import type { ClosedSession } from './closed.ts';
import { disputeOf, invoiceIdOf, partCall } from './disputes.ts';
import { payableOf, type Batch } from './invoices.ts';
import { AGREEMENT_ID, by, saltOf, TODAY } from './parties.ts';

/** Disputes of records whose invoice was accepted. */

/** Contests records of an accepted invoice of one batch. */
export const contestCall = (batch: Batch, indexes: readonly number[], over: Partial<DisputeBody> = {}) => {
  const { command, transient } = partCall(batch, indexes, over);
  const { disputes, sessions, places, terms } = transient;
  return {
    caller: by('USALP', 'aaa'),
    verb: 'clearing.contest',
    command: { invoiceId: command['invoiceId'] ?? '', disputes: command['disputes'] ?? [] } as Record<
      string,
      JsonValue
    >,
    transient: { disputes, sessions, places, terms },
  };
};

/** Accepts an invoice whole. */
export const acceptCall = (batch: Batch) => {
  const { command } = partCall(batch, [0]);
  const { invoiceId = '', bodyHash = '' } = command;
  return { caller: by('USALP', 'aaa'), verb: 'clearing.accept', command: { invoiceId, bodyHash } };
};

const NOTHING = {
  energyWh: 0n,
  totalMicros: 0n,
  shares: { hun: 0n, vun: 0n, infrastructure: 0n, driver: 0n },
  payableMicros: 0n,
};

/** The note on what a late dispute came to, its answer left out when silence said it. */
export const creditCall = (
  closed: ClosedSession,
  answer?: AnswerBody,
  over: Partial<CreditBody> = {},
  periodId = TODAY,
) => {
  const disputeId = disputeIdOf(closed.hash);
  const billed = disputeOf(closed, 1);
  const stands = answer ?? NOTHING;
  const creditId = `c-${invoiceIdOf(closed)}`;
  const body: CreditBody = {
    creditId,
    disputeId,
    invoiceId: billed.invoiceId,
    agreementId: AGREEMENT_ID,
    vun: 'USDUK',
    hun: 'USALP',
    periodId,
    currency: billed.currency,
    energyWh: billed.energyWh - stands.energyWh,
    totalMicros: billed.totalMicros - stands.totalMicros,
    shares: {
      hun: billed.shares.hun - stands.shares.hun,
      vun: billed.shares.vun - stands.shares.vun,
      infrastructure: billed.shares.infrastructure - stands.shares.infrastructure,
      driver: billed.shares.driver - stands.shares.driver,
    },
    payableMicros: billed.payableMicros - stands.payableMicros,
    salt: saltOf(`credit ${disputeId}`),
    ...over,
  };
  const sealed = sealBody(creditBody, body);
  const payable = sealBody(
    payableStatement,
    payableOf(
      { ...body, invoiceId: creditId, periodId },
      { debtor: 'USDUK', creditor: 'USALP', salt: saltOf(`payable ${disputeId}`) },
    ),
  );
  return {
    caller: by('USALP', 'aaa'),
    verb: 'clearing.credit',
    command: {
      disputeId,
      creditId,
      periodId,
      bodyHash: sealed.hash,
      payableHash: payable.hash,
    } as Record<string, JsonValue>,
    transient: {
      dispute: sealBody(disputeBody, billed).text,
      ...(answer && { answer: sealBody(answerBody, answer).text }),
      body: sealed.text,
      payable: payable.text,
    } as Record<string, string>,
  };
};
