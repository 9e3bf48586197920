import {
  answerBody,
  cdr as cdrSchema,
  disputeBody,
  disputeRecord,
  invoiceBody,
  invoiceRecord,
  sessionCloseBody,
  silenceMs,
  type DisputeRecord,
  type InvoicedRecord,
  type InvoiceEntry,
  type InvoiceRecord,
  type ShownDispute,
} from '@roamgrid/wire';
import { sql, type Kysely } from 'kysely';
import { splitCursor } from '../auditor-api/page.ts';
import { gatewayError } from '../problems.ts';
import type { Registry } from '../registry/registry.ts';
import type { GatewayDb } from '../store/schema.ts';

/** What the read model has of invoices and disputes that this utility is a party of. */

type Db = Kysely<GatewayDb>;

export interface ClearingRead {
  readonly db: Db;
  readonly registry: Registry;
  readonly utilityId: string;
}

type Side = 'hun' | 'vun';

/** @throws ServiceError RECORD_NOT_FOUND when this utility has no such invoice on that side; on either, without one. */
export const invoiceOf = async (
  { db, utilityId }: ClearingRead,
  invoiceId: string,
  side?: Side,
): Promise<InvoiceEntry> => {
  const row = await db
    .selectFrom('invoice')
    .innerJoin('invoice_body', 'invoice_body.invoice_id', 'invoice.invoice_id')
    .select(['record', 'body', 'vun', 'hun'])
    .where('invoice.invoice_id', '=', invoiceId)
    .executeTakeFirst();
  const isOwn =
    row !== undefined &&
    (side === undefined ? [row.vun, row.hun].includes(utilityId) : row[side] === utilityId);
  if (!isOwn)
    throw gatewayError(
      'RECORD_NOT_FOUND',
      `this utility has no invoice ${invoiceId}${side === undefined ? '' : ` as ${side}`}`,
    );
  return { record: invoiceRecord.parse(row.record), body: invoiceBody.parse(JSON.parse(row.body)) };
};

/** The invoice that a session's record is on. @throws ServiceError RECORD_NOT_FOUND as long as it is on none of this utility's. */
export const invoiceWith = async (context: ClearingRead, sessionId: string): Promise<InvoiceEntry> => {
  const row = await context.db
    .selectFrom('cdr')
    .innerJoin('batch', 'batch.batch_id', 'cdr.batch_id')
    .select('invoice_id')
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
  const invoiceId = row?.invoice_id ?? undefined;
  if (invoiceId === undefined)
    throw gatewayError('RECORD_NOT_FOUND', `the record of session ${sessionId} is on no invoice`);
  return invoiceOf(context, invoiceId);
};

/** The charge records that an invoice was made of, from one after a number of the lane on. */
export const recordsOf = async (
  { db }: ClearingRead,
  { body: { laneId, batchIds } }: InvoiceEntry,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly InvoicedRecord[]> => {
  const rows = await db
    .selectFrom('cdr')
    .innerJoin('settled_session', 'settled_session.session_id', 'cdr.session_id')
    .select(['cdr', 'cdr.batch_id', 'body'])
    .where('lane_id', '=', laneId)
    .where('cdr.batch_id', 'in', batchIds)
    .where('lane_sequence', '>', after)
    .orderBy('lane_sequence')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ cdr: cdrSchema.parse(row.cdr), batchId: row.batch_id, settled: row.body }));
};

/** Since when the party whose turn it is has been asked. */
const askedAtMs = ({ state, late, disputedAtMs, answeredAtMs }: DisputeRecord): number | undefined => {
  if (state === 'disputed') return disputedAtMs;
  // The answer to a late dispute needs nobody's yes.
  if (late === true) return undefined;
  return state === 'revised' || state === 'upheld' ? answeredAtMs : undefined;
};

const shown = async (
  { db, registry }: ClearingRead,
  records: readonly DisputeRecord[],
): Promise<readonly ShownDispute[]> => {
  if (records.length === 0) return [];
  const rows = await db
    .selectFrom('dispute_body')
    .selectAll()
    .where(
      'dispute_id',
      'in',
      records.map(({ disputeId }) => disputeId),
    )
    .execute();
  const texts = new Map(rows.map(({ dispute_id, kind, body }) => [`${dispute_id} ${kind}`, body]));
  return records.map((record) => {
    const of = (kind: string): unknown => {
      const text = texts.get(`${record.disputeId} ${kind}`);
      return text === undefined ? undefined : JSON.parse(text);
    };
    const [body, answer, revision] = [of('dispute'), of('answer'), of('revision')];
    const agreement = registry.agreement(record.agreementId);
    const terms = agreement && registry.terms(agreement.agreementId, agreement.version)?.terms;
    const sinceMs = askedAtMs(record);
    return {
      record,
      ...(body !== undefined && { body: disputeBody.parse(body) }),
      ...(answer !== undefined && { answer: answerBody.parse(answer) }),
      ...(revision !== undefined && { revision: sessionCloseBody.parse(revision) }),
      ...(terms !== undefined && sinceMs !== undefined && { silentUntilMs: sinceMs + silenceMs(terms) }),
    };
  });
};

export interface DisputeQuery {
  readonly role?: Side;
  readonly state?: string;
  readonly invoiceId?: string;
  readonly ids?: readonly string[];
  readonly after?: string;
  readonly limit: number;
}

/** Disputes that this utility is a party of, in the order of their ids. */
export const disputesOf = async (
  context: ClearingRead,
  query: DisputeQuery,
): Promise<readonly ShownDispute[]> => {
  const { role, state, invoiceId, ids, after, limit } = query;
  const { db, utilityId } = context;
  if (ids?.length === 0) return [];
  let select = db.selectFrom('dispute').select('record').orderBy('dispute_id').limit(limit);
  select =
    role === undefined
      ? select.where(({ eb, or }) => or([eb('vun', '=', utilityId), eb('hun', '=', utilityId)]))
      : select.where(role, '=', utilityId);
  if (state !== undefined) select = select.where('state', '=', state);
  if (invoiceId !== undefined) select = select.where('invoice_id', '=', invoiceId);
  if (ids !== undefined) select = select.where('dispute_id', 'in', ids);
  if (after !== undefined) select = select.where('dispute_id', '>', after);
  const rows = await select.execute();
  return shown(
    context,
    rows.map(({ record }) => disputeRecord.parse(record)),
  );
};

/** Disputes by the block that last changed each, from behind a cursor on. */
export const disputeChangesOf = async (
  context: ClearingRead,
  { role, after, limit }: { readonly role: Side; readonly after: string; readonly limit: number },
): Promise<{ readonly items: ShownDispute[]; readonly cursor: string }> => {
  const [block, id] = splitCursor(after);
  const rows = await context.db
    .selectFrom('dispute')
    .select(['record', 'block_number', 'dispute_id'])
    .where(role, '=', context.utilityId)
    .where(sql<boolean>`(block_number, dispute_id) > (${block}, ${id})`)
    .orderBy('block_number')
    .orderBy('dispute_id')
    .limit(limit)
    .execute();
  const last = rows.at(-1);
  const items = await shown(
    context,
    rows.map(({ record }) => disputeRecord.parse(record)),
  );
  return {
    items: [...items],
    cursor: last === undefined ? after : `${last.block_number}/${last.dispute_id}`,
  };
};

/** @throws ServiceError RECORD_NOT_FOUND when this utility has no such dispute on that side; on either, without one. */
export const disputeOf = async (
  context: ClearingRead,
  disputeId: string,
  side?: Side,
): Promise<ShownDispute> => {
  const [found] = await disputesOf(context, {
    ids: [disputeId],
    limit: 1,
    ...(side === undefined ? {} : { role: side }),
  });
  if (found === undefined)
    throw gatewayError(
      'RECORD_NOT_FOUND',
      `this utility has no dispute ${disputeId}${side === undefined ? '' : ` as ${side}`}`,
    );
  return found;
};

/** What both parties' organisations must hold and sign. @throws Error when the read model is not whole. */
export const dealingOf = (
  { registry }: ClearingRead,
  { agreementId, vun, hun }: Pick<InvoiceRecord, 'agreementId' | 'vun' | 'hun'>,
) => {
  const agreement = registry.agreement(agreementId);
  const terms = agreement && registry.terms(agreementId, agreement.version);
  const [visited, home] = [registry.utility(vun), registry.utility(hun)];
  if (terms === undefined || visited === undefined || home === undefined)
    throw new Error(`agreement ${agreementId} is not in the read model`);
  return { terms: terms.terms, termsText: terms.text, endorsers: [visited.mspId, home.mspId] };
};
