import {
  answerBody,
  batchHeader,
  bodyHash,
  canonicalText,
  creditBody,
  disputeBody,
  disputeIdOf,
  hashTree,
  invoiceBody,
  packBodies,
  payableStatement,
  sealBody,
  sessionCloseBody,
  type AnswerBody,
  type BatchHeader,
  type DisputeBody,
  type DisputeOutcome,
  type InvoiceBody,
  type JsonValue,
} from '@roamgrid/wire';
import { sumSplits } from '@roamgrid/domain';
import { cdrOf, type ClosedSession } from './closed.ts';
import { LANE_ID } from './opened.ts';
import { AGREEMENT_ID, by, saltOf, sealedTerms, type Utility } from './parties.ts';

/** Commands of clearing over any records of a lane, as their nodes would form them at any point of an invoice's life. */

/** A settled record of the lane. */
export interface LifeRecord {
  readonly closed: ClosedSession;
  readonly laneSequence: number;
  readonly batchId: string;
}

export interface LifeBatch {
  readonly batchId: string;
  readonly header: BatchHeader;
  readonly records: readonly LifeRecord[];
}

export interface LifeCall {
  readonly caller: ReturnType<typeof by>;
  readonly verb: string;
  readonly command: Record<string, JsonValue>;
  readonly transient?: Record<string, string>;
}

const PAIR = { vun: 'USDUK', hun: 'USALP', agreementId: AGREEMENT_ID };
const terms = sealedTerms().text;

export const owedFor = (closed: ClosedSession, laneSequence: number) => {
  const { currency, energyWh, totalMicros, shares } = cdrOf(closed, laneSequence);
  return { currency, energyWh, totalMicros, shares, payableMicros: shares.vun + shares.infrastructure };
};

const NOTHING = {
  energyWh: 0n,
  totalMicros: 0n,
  shares: { hun: 0n, vun: 0n, infrastructure: 0n, driver: 0n },
  payableMicros: 0n,
};

const payableOf = (
  { invoiceId, periodId, currency }: Pick<InvoiceBody, 'invoiceId' | 'periodId' | 'currency'>,
  payableMicros: bigint,
  debtor = PAIR.hun,
) =>
  sealBody(payableStatement, {
    invoiceId,
    periodId,
    debtor,
    creditor: debtor === PAIR.hun ? PAIR.vun : PAIR.hun,
    currency,
    payableMicros,
    salt: saltOf(`payable ${invoiceId}`),
  });

export const invoiceBodyOf = (
  invoiceId: string,
  periodId: string,
  batches: readonly LifeBatch[],
): InvoiceBody => {
  const headers = batches.map(({ header }) => header);
  const shares = sumSplits(headers.map((header) => header.shares));
  const sum = (of: (header: BatchHeader) => bigint) =>
    headers.reduce((total, header) => total + of(header), 0n);
  const fromSequence = headers[0]?.fromSequence ?? 1;
  const toSequence = headers.at(-1)?.toSequence ?? 1;
  return {
    invoiceId,
    ...PAIR,
    laneId: LANE_ID,
    periodId,
    currency: 'USD',
    batchIds: batches.map(({ batchId }) => batchId),
    fromSequence,
    toSequence,
    sessions: toSequence - fromSequence + 1,
    energyWh: sum(({ energyWh }) => energyWh),
    totalMicros: sum(({ totalMicros }) => totalMicros),
    shares,
    payableMicros: shares.vun + shares.infrastructure,
    salt: saltOf(invoiceId),
  };
};

export const invoicing = (body: InvoiceBody, batches: readonly LifeBatch[]): LifeCall => {
  const sealed = sealBody(invoiceBody, body);
  const payable = payableOf(body, body.payableMicros);
  const { invoiceId, periodId, laneId, batchIds } = body;
  return {
    caller: by('USDUK', 'aaa'),
    verb: 'clearing.invoice',
    command: {
      invoiceId,
      ...PAIR,
      laneId,
      periodId,
      batchIds: [...batchIds],
      bodyHash: sealed.hash,
      payableHash: payable.hash,
    },
    transient: {
      body: sealed.text,
      payable: payable.text,
      headers: `[${batches.map(({ header }) => canonicalText(batchHeader, header)).join(',')}]`,
      terms,
    },
  };
};

export const cancelling = (body: InvoiceBody): LifeCall => ({
  caller: by('USDUK', 'aaa'),
  verb: 'clearing.cancel',
  command: { invoiceId: body.invoiceId },
  transient: { body: sealBody(invoiceBody, body).text },
});

export const accepting = (body: InvoiceBody, who: Utility): LifeCall => ({
  caller: by(who, 'aaa'),
  verb: 'clearing.accept',
  command: { invoiceId: body.invoiceId, bodyHash: sealBody(invoiceBody, body).hash },
  transient: { terms },
});

export const disputeBodyOf = (invoiceId: string, { closed, laneSequence }: LifeRecord): DisputeBody => ({
  disputeId: disputeIdOf(closed.hash),
  invoiceId,
  laneId: LANE_ID,
  laneSequence,
  sessionId: closed.body.sessionId,
  reason: 'TIME',
  evidenceHash: saltOf('evidence'),
  ...owedFor(closed, laneSequence),
  salt: saltOf(`dispute ${closed.hash}`),
});

/** Disputes records of an invoice, in part of its acceptance or after it. */
export const disputing = (
  body: InvoiceBody,
  batches: readonly LifeBatch[],
  disputed: readonly LifeRecord[],
  when: 'acceptInPart' | 'contest',
): LifeCall => {
  const bodies = disputed.map((record) => disputeBodyOf(body.invoiceId, record));
  const sealed = bodies.map((each) => sealBody(disputeBody, each));
  const places = disputed.map(({ batchId, laneSequence }) => {
    const batch = batches.find((each) => each.batchId === batchId);
    if (batch === undefined) throw new Error(`there is no batch ${batchId}`);
    const tree = hashTree(batch.records.map(({ closed }) => closed.hash));
    return { batchId, ...tree.pathTo(laneSequence - batch.header.fromSequence) };
  });
  const micros = bodies.reduce((sum, { payableMicros }) => sum + payableMicros, 0n);
  const payable = payableOf(body, body.payableMicros - micros);
  return {
    caller: by('USALP', 'aaa'),
    verb: `clearing.${when}`,
    command: {
      invoiceId: body.invoiceId,
      disputes: bodies.map(({ disputeId }, at) => ({ disputeId, bodyHash: sealed[at]?.hash ?? '' })),
      ...(when === 'acceptInPart' && {
        bodyHash: sealBody(invoiceBody, body).hash,
        payableHash: payable.hash,
      }),
    },
    transient: {
      disputes: `[${sealed.map(({ text }) => text).join(',')}]`,
      sessions: packBodies(disputed.map(({ closed }) => closed.text)),
      places: JSON.stringify(places),
      terms,
      ...(when === 'acceptInPart' && { body: sealBody(invoiceBody, body).text, payable: payable.text }),
    },
  };
};

export const answerOfLife = (
  { closed, laneSequence }: LifeRecord,
  outcome: DisputeOutcome,
  revised: ClosedSession,
): AnswerBody => {
  const owed = owedFor(outcome === 'revised' ? revised : closed, laneSequence);
  return {
    disputeId: disputeIdOf(closed.hash),
    outcome,
    evidenceHash: saltOf('answer'),
    ...owed,
    ...(outcome === 'credited' && NOTHING),
    salt: saltOf(`answer ${closed.hash}`),
  };
};

export const answering = (
  disputed: DisputeBody,
  { closed }: LifeRecord,
  answer: AnswerBody,
  revised: ClosedSession,
): LifeCall => {
  const sealed = sealBody(answerBody, answer);
  const { disputeId, outcome } = answer;
  return {
    caller: by('USDUK', 'aaa'),
    verb: 'clearing.answer',
    command: { disputeId, outcome, answerHash: sealed.hash },
    transient: {
      dispute: sealBody(disputeBody, disputed).text,
      answer: sealed.text,
      session: closed.text,
      close: canonicalText(sessionCloseBody, revised.body),
      terms,
    },
  };
};

export const silent = ({ disputeId }: DisputeBody): LifeCall => ({
  caller: by('USALP', 'aaa'),
  verb: 'clearing.creditBySilence',
  command: { disputeId },
  transient: { terms },
});

export const supplementing = (
  disputed: DisputeBody,
  answer: AnswerBody,
  batchId: string,
  periodId: string,
): LifeCall => {
  const { currency, energyWh, totalMicros, shares, payableMicros } = answer;
  const supplementId = `s-${bodyHash(disputed.disputeId).slice(0, 20)}`;
  const body: InvoiceBody = {
    invoiceId: supplementId,
    ...PAIR,
    laneId: LANE_ID,
    periodId,
    currency,
    batchIds: [batchId],
    fromSequence: disputed.laneSequence,
    toSequence: disputed.laneSequence,
    sessions: 1,
    energyWh,
    totalMicros,
    shares,
    payableMicros,
    salt: saltOf(supplementId),
  };
  const sealed = sealBody(invoiceBody, body);
  const payable = payableOf(body, payableMicros);
  return {
    caller: by('USALP', 'aaa'),
    verb: 'clearing.reinvoice',
    command: {
      disputeId: disputed.disputeId,
      supplementId,
      periodId,
      bodyHash: sealed.hash,
      payableHash: payable.hash,
    },
    transient: {
      dispute: sealBody(disputeBody, disputed).text,
      answer: sealBody(answerBody, answer).text,
      body: sealed.text,
      payable: payable.text,
      terms,
    },
  };
};

export const noting = (disputed: DisputeBody, answer: AnswerBody | undefined, periodId: string): LifeCall => {
  const { disputeId, invoiceId, currency } = disputed;
  const stands = answer ?? NOTHING;
  const creditId = `c-${bodyHash(disputeId).slice(0, 20)}`;
  const less = (party: keyof DisputeBody['shares']) => disputed.shares[party] - stands.shares[party];
  const payableMicros = disputed.payableMicros - stands.payableMicros;
  // What the contract refuses anyway has no note that could be written.
  const natural = (value: bigint): bigint => (value < 0n ? 0n : value);
  const body = sealBody(creditBody, {
    creditId,
    disputeId,
    invoiceId,
    ...PAIR,
    periodId,
    currency,
    energyWh: natural(disputed.energyWh - stands.energyWh),
    totalMicros: natural(disputed.totalMicros - stands.totalMicros),
    shares: {
      hun: less('hun'),
      vun: less('vun'),
      infrastructure: less('infrastructure'),
      driver: less('driver'),
    },
    payableMicros: natural(payableMicros),
    salt: saltOf(creditId),
  });
  const payable = payableOf({ invoiceId: creditId, periodId, currency }, natural(payableMicros), PAIR.vun);
  return {
    caller: by('USALP', 'aaa'),
    verb: 'clearing.credit',
    command: { disputeId, creditId, periodId, bodyHash: body.hash, payableHash: payable.hash },
    transient: {
      dispute: sealBody(disputeBody, disputed).text,
      ...(answer && { answer: sealBody(answerBody, answer).text }),
      body: body.text,
      payable: payable.text,
    },
  };
};
