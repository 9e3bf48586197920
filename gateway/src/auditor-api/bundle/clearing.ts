import {
  creditRecord,
  disputeIdOf,
  disputeRecord,
  invoiceRecord,
  nettingRecord,
  stateKey,
  type AuditBundle,
} from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import type { GatewayDb } from '../../store/schema.ts';

interface Step {
  readonly block: number;
  readonly tx: number;
}

interface TimedStep extends Step {
  readonly atMs: number;
}

/** Valid transactions before a block that wrote one of the keys, in the order of the chain. */
const stepsOf = async (
  db: Kysely<GatewayDb>,
  keys: readonly string[],
  blocks: number,
): Promise<TimedStep[]> => {
  const rows = await db
    .selectFrom('touched')
    .innerJoin('ledger_transaction', (join) =>
      join
        .onRef('touched.block_number', '=', 'ledger_transaction.block_number')
        .onRef('touched.tx_index', '=', 'ledger_transaction.tx_index'),
    )
    .select(['touched.block_number', 'touched.tx_index', 'at_ms'])
    .distinct()
    .where('record_key', 'in', keys)
    .where('valid', '=', true)
    .where('touched.block_number', '<', BigInt(blocks))
    .orderBy('touched.block_number')
    .orderBy('touched.tx_index')
    .execute();
  return rows.map(({ block_number, tx_index, at_ms }) => ({
    block: Number(block_number),
    tx: tx_index,
    atMs: Number(at_ms),
  }));
};

/** A netting that took a document, with its payments. */
const nettingKeys = async (
  db: Kysely<GatewayDb>,
  nettingId: string | undefined,
): Promise<readonly string[]> => {
  if (nettingId === undefined) return [];
  const netting = await db
    .selectFrom('netting')
    .select('record')
    .where('netting_id', '=', nettingId)
    .executeTakeFirst();
  if (netting === undefined) return [];
  const { payments } = nettingRecord.parse(netting.record);
  return [stateKey.netting(nettingId), ...payments.map(({ paymentId }) => stateKey.payment(paymentId))];
};

const nettedBy = async (db: Kysely<GatewayDb>, invoiceId: string): Promise<readonly string[]> => {
  const invoice = await db
    .selectFrom('invoice')
    .select('record')
    .where('invoice_id', '=', invoiceId)
    .executeTakeFirst();
  return nettingKeys(db, invoiceRecord.parse(invoice?.record).nettingId);
};

const invoiceText = async (db: Kysely<GatewayDb>, invoiceId: string): Promise<string | undefined> => {
  const row = await db
    .selectFrom('invoice_body')
    .select('body')
    .where('invoice_id', '=', invoiceId)
    .executeTakeFirst();
  return row?.body;
};

type Clearing = NonNullable<AuditBundle['clearing']>;

interface Followed {
  readonly keys: readonly string[];
  readonly body: string | undefined;
}

/** A document that a dispute led to, once it was there before a block. */
const followed = async (
  db: Kysely<GatewayDb>,
  key: string,
  blocks: number,
  read: () => Promise<Followed>,
): Promise<Followed | undefined> => {
  if ((await stepsOf(db, [key], blocks)).length === 0) return undefined;
  const { keys, body } = await read();
  return { keys: [key, ...keys], body };
};

const supplementOf = (db: Kysely<GatewayDb>, id: string, blocks: number) =>
  followed(db, stateKey.invoice(id), blocks, async () => ({
    keys: await nettedBy(db, id),
    body: await invoiceText(db, id),
  }));

const creditOf = (db: Kysely<GatewayDb>, id: string, blocks: number) =>
  followed(db, stateKey.credit(id), blocks, async () => {
    const row = await db
      .selectFrom('credit')
      .leftJoin('credit_body', 'credit_body.credit_id', 'credit.credit_id')
      .select(['record', 'body'])
      .where('credit.credit_id', '=', id)
      .executeTakeFirst();
    return {
      keys: await nettingKeys(db, creditRecord.parse(row?.record).nettingId),
      body: row?.body ?? undefined,
    };
  });

interface Disputed {
  readonly keys: readonly string[];
  readonly dispute: NonNullable<Clearing['dispute']>;
}

/** The dispute of a record, and what it led to, as they were before a block; nothing of one that home accepted. */
const disputedBy = async (
  db: Kysely<GatewayDb>,
  disputeId: string,
  blocks: number,
): Promise<Disputed | undefined> => {
  const own = [stateKey.dispute(disputeId)];
  const steps = await stepsOf(db, own, blocks);
  const row = await db
    .selectFrom('dispute')
    .select('record')
    .where('dispute_id', '=', disputeId)
    .executeTakeFirst();
  if (row === undefined || steps.length === 0) return undefined;
  const { supplementId, creditId, answeredAtMs } = disputeRecord.parse(row.record);
  const bodies = await db
    .selectFrom('dispute_body')
    .select(['kind', 'body'])
    .where('dispute_id', '=', disputeId)
    .execute();
  const bodyOf = (kind: string): string | undefined => bodies.find((each) => each.kind === kind)?.body;
  const body = bodyOf('dispute');
  if (body === undefined) return undefined;
  const answer = steps.some(({ atMs }) => atMs === answeredAtMs) ? bodyOf('answer') : undefined;
  const supplement = supplementId === undefined ? undefined : await supplementOf(db, supplementId, blocks);
  const credit = creditId === undefined ? undefined : await creditOf(db, creditId, blocks);
  return {
    keys: [...own, ...(supplement?.keys ?? []), ...(credit?.keys ?? [])],
    dispute: {
      body,
      ...(answer !== undefined && { answer }),
      ...(supplement?.body !== undefined && { supplement: supplement.body }),
      ...(credit?.body !== undefined && { credit: credit.body }),
    },
  };
};

/**
 * The invoice that took a batch, with the transactions before a block that it, and a record of it that was disputed, went
 * through; nothing when there is none.
 * @param leaf hash of the session's settled text
 */
export const clearingOf = async (
  db: Kysely<GatewayDb>,
  batchId: string,
  leaf: string,
  blocks: number,
): Promise<Clearing | undefined> => {
  const batch = await db
    .selectFrom('batch')
    .select('invoice_id')
    .where('batch_id', '=', batchId)
    .executeTakeFirst();
  const invoiceId = batch?.invoice_id;
  if (typeof invoiceId !== 'string') return undefined;
  const body = await invoiceText(db, invoiceId);
  const disputed = await disputedBy(db, disputeIdOf(leaf), blocks);
  const keys = [stateKey.invoice(invoiceId), ...(await nettedBy(db, invoiceId)), ...(disputed?.keys ?? [])];
  const steps = await stepsOf(db, keys, blocks);
  if (body === undefined || steps.length === 0) return undefined;
  return {
    body,
    steps: steps.map(({ block, tx }) => ({ block, tx })),
    ...(disputed && { dispute: disputed.dispute }),
  };
};
