import {
  answerBody,
  canonicalText,
  disputeBody,
  disputeIdOf,
  hashTree,
  invoiceBody,
  packBodies,
  payableStatement,
  sealBody,
  sessionCloseBody,
  type AnswerBody,
  type DisputeBody,
  type DisputeOutcome,
  type JsonValue,
} from '@roamgrid/wire';
import { by, MONTH, saltOf, sealedTerms } from './parties.ts';
import { invoiceOf, payableOf, type Batch } from './invoices.ts';
import { cdrOf, type ClosedSession } from './closed.ts';
import { LANE_ID } from './opened.ts';

/** Disputes of records on an invoice as the two parties' nodes make them. */

const EVIDENCE = saltOf('evidence');

const laneOfSession = ({ body: { sessionId } }: ClosedSession): string =>
  sessionId.slice(0, sessionId.lastIndexOf('-'));

/** `i1`, and of other lanes than the usual one an id of the lane's own. */
export const invoiceIdOf = (closed: ClosedSession): string => {
  const laneId = laneOfSession(closed);
  return laneId === LANE_ID ? 'i1' : `i-${laneId}`;
};

const owedFor = (closed: ClosedSession, laneSequence: number) => {
  const { currency, energyWh, totalMicros, shares } = cdrOf(closed, laneSequence);
  return { currency, energyWh, totalMicros, shares, payableMicros: shares.vun + shares.infrastructure };
};

export const disputeOf = (
  closed: ClosedSession,
  laneSequence: number,
  over: Partial<DisputeBody> = {},
): DisputeBody => ({
  disputeId: disputeIdOf(closed.hash),
  invoiceId: invoiceIdOf(closed),
  laneId: laneOfSession(closed),
  laneSequence,
  sessionId: closed.body.sessionId,
  reason: 'ENERGY',
  evidenceHash: EVIDENCE,
  ...owedFor(closed, laneSequence),
  salt: saltOf(`dispute ${laneSequence}`),
  ...over,
});

/** Accepts an invoice of one batch but for the records at these places of the batch. */
export const partCall = (batch: Batch, indexes: readonly number[], over: Partial<DisputeBody> = {}) => {
  const { closed, batchId } = batch;
  const [first] = closed;
  if (first === undefined) throw new Error('the batch has records');
  const invoiceId = invoiceIdOf(first);
  const invoice = invoiceOf(invoiceId, [batch], { laneId: laneOfSession(first) });
  const tree = hashTree(closed.map(({ hash }) => hash));
  const of = indexes.map((index) => {
    const session = closed[index];
    if (session === undefined) throw new Error(`the batch has no place ${index}`);
    const body = disputeOf(session, index + 1, over);
    return { session, body, sealed: sealBody(disputeBody, body), place: { batchId, ...tree.pathTo(index) } };
  });
  const payableMicros = of.reduce((rest, { body }) => rest - body.payableMicros, invoice.payableMicros);
  const salt = saltOf('payable of the rest');
  const payable = sealBody(payableStatement, payableOf(invoice, { payableMicros, salt }));
  const sealed = sealBody(invoiceBody, invoice);
  return {
    caller: by('USALP', 'aaa'),
    verb: 'clearing.acceptInPart',
    command: {
      invoiceId,
      bodyHash: sealed.hash,
      disputes: of.map(({ body, sealed: { hash } }) => ({ disputeId: body.disputeId, bodyHash: hash })),
      payableHash: payable.hash,
    } as Record<string, JsonValue>,
    transient: {
      body: sealed.text,
      disputes: `[${of.map((each) => each.sealed.text).join(',')}]`,
      sessions: packBodies(of.map(({ session }) => session.text)),
      places: JSON.stringify(of.map(({ place }) => place)),
      payable: payable.text,
      terms: sealedTerms().text,
    },
  };
};

/** What answers the dispute of a record; of `revised` the close that takes the settled one's place. */
export const answerOf = (
  closed: ClosedSession,
  outcome: DisputeOutcome,
  revised: ClosedSession = closed,
  over: Partial<AnswerBody> = {},
): AnswerBody => ({
  disputeId: disputeIdOf(closed.hash),
  outcome,
  evidenceHash: EVIDENCE,
  ...owedFor(revised, 1),
  ...(outcome === 'credited' && {
    energyWh: 0n,
    totalMicros: 0n,
    shares: { hun: 0n, vun: 0n, infrastructure: 0n, driver: 0n },
    payableMicros: 0n,
  }),
  salt: saltOf(`answer ${outcome}`),
  ...over,
});

export const answerCall = (
  closed: ClosedSession,
  outcome: DisputeOutcome,
  revised?: ClosedSession,
  over: Partial<AnswerBody> = {},
) => {
  const answer = sealBody(answerBody, answerOf(closed, outcome, revised, over));
  return {
    caller: by('USDUK', 'aaa'),
    verb: 'clearing.answer',
    command: { disputeId: disputeIdOf(closed.hash), outcome, answerHash: answer.hash } as Record<
      string,
      JsonValue
    >,
    transient: {
      dispute: sealBody(disputeBody, disputeOf(closed, 1)).text,
      answer: answer.text,
      ...(revised && {
        session: closed.text,
        close: canonicalText(sessionCloseBody, revised.body),
        terms: sealedTerms().text,
      }),
    },
  };
};

/** The invoice on which a record comes back as its answer says. */
export const reinvoiceCall = (
  closed: ClosedSession,
  answer: AnswerBody,
  batchId = 'b1',
  periodId = MONTH,
) => {
  const { currency, energyWh, totalMicros, shares, payableMicros } = answer;
  const laneId = laneOfSession(closed);
  const supplementId = laneId === LANE_ID ? 's1' : `s-${laneId}`;
  const body = invoiceOf(supplementId, [{ batchId, closed: [closed] }], {
    laneId,
    periodId,
    currency,
    energyWh,
    totalMicros,
    shares,
    payableMicros,
  });
  const sealed = sealBody(invoiceBody, body);
  const payable = sealBody(payableStatement, payableOf(body));
  return {
    caller: by('USALP', 'aaa'),
    verb: 'clearing.reinvoice',
    command: {
      disputeId: disputeIdOf(closed.hash),
      supplementId,
      periodId,
      bodyHash: sealed.hash,
      payableHash: payable.hash,
    } as Record<string, JsonValue>,
    transient: {
      dispute: sealBody(disputeBody, disputeOf(closed, 1)).text,
      answer: sealBody(answerBody, answer).text,
      body: sealed.text,
      payable: payable.text,
      terms: sealedTerms().text,
    },
  };
};
