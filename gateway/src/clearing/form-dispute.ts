import { randomBytes } from 'node:crypto';
import {
  bodyHash,
  canonicalJson,
  canonicalText,
  cdr as cdrSchema,
  clearingCommands,
  disputeBody,
  disputeIdOf,
  hashTree,
  invoiceBody,
  packBodies,
  payableStatement,
  sealBody,
  type Cdr,
  type DisputeBody,
  type DisputeRequest,
  type InvoiceBody,
  type InvoiceEntry,
  type SealedBody,
} from '@roamgrid/wire';
import { v7 as uuidv7 } from 'uuid';
import type { StoredCommand } from '../batcher/commands.ts';
import { gatewayError } from '../problems.ts';
import { dealingOf, type ClearingRead } from './read.ts';

export const newSalt = (): string => randomBytes(32).toString('hex');

/** Who owes whom how much by an invoice. */
export const payableOf = (body: InvoiceBody, payableMicros: bigint): SealedBody =>
  sealBody(payableStatement, {
    invoiceId: body.invoiceId,
    periodId: body.periodId,
    debtor: body.hun,
    creditor: body.vun,
    currency: body.currency,
    payableMicros,
    salt: newSalt(),
  });

/** Energy, total, shares and what home owes of them. */
export const owedOf = ({
  currency,
  energyWh,
  totalMicros,
  shares,
}: Pick<Cdr, 'currency' | 'energyWh' | 'totalMicros' | 'shares'>) => ({
  currency,
  energyWh,
  totalMicros,
  shares,
  payableMicros: shares.vun + shares.infrastructure,
});

/** A settled session of an invoice, and where it lies. */
export interface DisputedSession {
  readonly sessionId: string;
  readonly text: string;
  readonly cdr: Cdr;
  readonly batchId: string;
  readonly index: number;
}

/** @throws ServiceError RECORD_NOT_FOUND when one is not on the invoice. */
export const sessionsOn = async (
  { db }: ClearingRead,
  { body }: InvoiceEntry,
  sessionIds: readonly string[],
): Promise<readonly DisputedSession[]> => {
  const rows = await db
    .selectFrom('settled_session')
    .innerJoin('cdr', 'cdr.session_id', 'settled_session.session_id')
    .select(['settled_session.session_id', 'settled_session.batch_id', 'item_index', 'body', 'cdr'])
    .where('settled_session.session_id', 'in', sessionIds)
    .where('settled_session.batch_id', 'in', body.batchIds)
    .execute();
  const found = new Map(rows.map((row) => [row.session_id, row]));
  return sessionIds.map((sessionId) => {
    const row = found.get(sessionId);
    if (row === undefined)
      throw gatewayError('RECORD_NOT_FOUND', `session ${sessionId} is not on invoice ${body.invoiceId}`);
    return {
      sessionId,
      text: row.body,
      cdr: cdrSchema.parse(row.cdr),
      batchId: row.batch_id,
      index: row.item_index,
    };
  });
};

/** Places of settled sessions in their batches, each batch's tree made once. */
const placesOf = async ({ db }: ClearingRead, sessions: readonly DisputedSession[]) => {
  const trees = new Map<string, ReturnType<typeof hashTree>>();
  for (const { batchId } of sessions) {
    if (trees.has(batchId)) continue;
    const rows = await db
      .selectFrom('settled_session')
      .select('body')
      .where('batch_id', '=', batchId)
      .orderBy('item_index')
      .execute();
    trees.set(batchId, hashTree(rows.map(({ body }) => bodyHash(body))));
  }
  return sessions.map(({ batchId, index }) => ({ batchId, ...trees.get(batchId)?.pathTo(index) }));
};

/** What is said of each disputed record, with where it lies. */
const formRaised = async (
  context: ClearingRead,
  { record: { invoiceId, laneId } }: InvoiceEntry,
  sessions: readonly DisputedSession[],
  { disputes }: DisputeRequest,
) => {
  const bodies = sessions.map(({ sessionId, text, cdr }, at): DisputeBody => {
    const asked = disputes[at];
    if (asked === undefined) throw new Error('as many sessions are found as are asked for');
    return {
      disputeId: disputeIdOf(bodyHash(text)),
      invoiceId,
      laneId,
      laneSequence: cdr.laneSequence,
      sessionId,
      reason: asked.reason,
      evidenceHash: bodyHash(asked.evidence),
      evidence: asked.evidence,
      ...owedOf(cdr),
      salt: newSalt(),
    };
  });
  const sealed = bodies.map((each) => sealBody(disputeBody, each));
  return {
    disputedMicros: bodies.reduce((sum, { payableMicros }) => sum + payableMicros, 0n),
    disputes: bodies.map(({ disputeId }, at) => ({ disputeId, bodyHash: sealed[at]?.hash ?? '' })),
    transient: {
      disputes: `[${sealed.map(({ text }) => text).join(',')}]`,
      sessions: packBodies(sessions.map(({ text }) => text)),
      places: canonicalJson(await placesOf(context, sessions)),
    },
  };
};

/** What accepts an invoice but for some records. */
const formPart = async (
  context: ClearingRead,
  invoice: InvoiceEntry,
  sessions: readonly DisputedSession[],
  request: DisputeRequest,
): Promise<StoredCommand> => {
  const { record, body } = invoice;
  const { termsText, endorsers } = dealingOf(context, record);
  const { disputedMicros, disputes, transient } = await formRaised(context, invoice, sessions, request);
  const payable = payableOf(body, body.payableMicros - disputedMicros);
  const commandId = `dispute-${uuidv7()}`;
  return {
    commandId,
    command: {
      contract: 'clearing',
      transaction: 'acceptInPart',
      argument: canonicalText(clearingCommands.acceptInPart, {
        commandId,
        invoiceId: record.invoiceId,
        bodyHash: record.bodyHash,
        disputes,
        payableHash: payable.hash,
      }),
      transient: {
        ...transient,
        body: sealBody(invoiceBody, body).text,
        payable: payable.text,
        terms: termsText,
      },
      endorsers,
      role: 'aaa',
    },
  };
};

/** What contests records of an invoice that was accepted. */
const formContest = async (
  context: ClearingRead,
  invoice: InvoiceEntry,
  sessions: readonly DisputedSession[],
  request: DisputeRequest,
): Promise<StoredCommand> => {
  const { invoiceId } = invoice.record;
  const { termsText, endorsers } = dealingOf(context, invoice.record);
  const { disputes, transient } = await formRaised(context, invoice, sessions, request);
  const commandId = `contest-${uuidv7()}`;
  return {
    commandId,
    command: {
      contract: 'clearing',
      transaction: 'contest',
      argument: canonicalText(clearingCommands.contest, { commandId, invoiceId, disputes }),
      transient: { ...transient, terms: termsText },
      endorsers,
      role: 'aaa',
    },
  };
};

/** What disputes records of an invoice: before it is accepted or afterwards. */
export const formDispute = (
  context: ClearingRead,
  invoice: InvoiceEntry,
  sessions: readonly DisputedSession[],
  request: DisputeRequest,
): Promise<StoredCommand> =>
  invoice.record.state === 'issued'
    ? formPart(context, invoice, sessions, request)
    : formContest(context, invoice, sessions, request);
