import { invoiceRecord, nettingRecord, stateKey, type AuditBundle } from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import type { GatewayDb } from '../../store/schema.ts';

interface Step {
  readonly block: number;
  readonly tx: number;
}

/** Valid transactions before a block that wrote one of the keys, in the order of the chain. */
const stepsOf = async (db: Kysely<GatewayDb>, keys: readonly string[], blocks: number): Promise<Step[]> => {
  const rows = await db
    .selectFrom('touched')
    .innerJoin('ledger_transaction', (join) =>
      join
        .onRef('touched.block_number', '=', 'ledger_transaction.block_number')
        .onRef('touched.tx_index', '=', 'ledger_transaction.tx_index'),
    )
    .select(['touched.block_number', 'touched.tx_index'])
    .distinct()
    .where('record_key', 'in', keys)
    .where('valid', '=', true)
    .where('touched.block_number', '<', BigInt(blocks))
    .orderBy('touched.block_number')
    .orderBy('touched.tx_index')
    .execute();
  return rows.map(({ block_number, tx_index }) => ({ block: Number(block_number), tx: tx_index }));
};

/** The netting that took an invoice, with its payments. */
const nettedBy = async (db: Kysely<GatewayDb>, invoiceId: string): Promise<readonly string[]> => {
  const invoice = await db
    .selectFrom('invoice')
    .select('record')
    .where('invoice_id', '=', invoiceId)
    .executeTakeFirst();
  const { nettingId } = invoiceRecord.parse(invoice?.record);
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

/** The invoice that took a batch, with the transactions that it went through before a block; nothing when there is none. */
export const clearingOf = async (
  db: Kysely<GatewayDb>,
  batchId: string,
  blocks: number,
): Promise<AuditBundle['clearing']> => {
  const batch = await db
    .selectFrom('batch')
    .select('invoice_id')
    .where('batch_id', '=', batchId)
    .executeTakeFirst();
  const invoiceId = batch?.invoice_id;
  if (typeof invoiceId !== 'string') return undefined;
  const body = await db
    .selectFrom('invoice_body')
    .select('body')
    .where('invoice_id', '=', invoiceId)
    .executeTakeFirst();
  const own = stateKey.invoice(invoiceId);
  const steps = await stepsOf(db, [own, ...(await nettedBy(db, invoiceId))], blocks);
  if (body === undefined || steps.length === 0) return undefined;
  return { body: body.body, steps };
};
