import { creditRecord, disputeRecord, missingRecord } from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import type { BlockChanges } from './changes.ts';
import { upsert, wireText } from './upsert.ts';

/** Records that are not accepted, with what their parties know of them, and those that do not come. */
export const writeDisputes = async (
  trx: Transaction<GatewayDb>,
  { block, disputes, disputeBodies, missing, credits, creditBodies, purged }: BlockChanges,
): Promise<void> => {
  await upsert(
    trx,
    'dispute',
    ['dispute_id'],
    [...disputes.values()].map((record) => ({
      dispute_id: record.disputeId,
      invoice_id: record.invoiceId,
      vun: record.vun,
      hun: record.hun,
      state: record.state,
      record: wireText(disputeRecord, record),
      block_number: block.number,
    })),
  );
  await upsert(
    trx,
    'dispute_state',
    ['dispute_id', 'block_number'],
    [...disputes.values()].map(({ disputeId, state }) => ({
      dispute_id: disputeId,
      block_number: block.number,
      state,
    })),
  );
  await upsert(
    trx,
    'dispute_body',
    ['dispute_id', 'kind'],
    disputeBodies.map(({ disputeId, kind, text }) => ({ dispute_id: disputeId, kind, body: text })),
  );
  await upsert(
    trx,
    'missing',
    ['lane_id', 'number'],
    [...missing.values()].map((record) => ({
      lane_id: record.laneId,
      number: record.number,
      vun: record.vun,
      hun: record.hun,
      record: wireText(missingRecord, record),
    })),
  );
  await upsert(
    trx,
    'credit',
    ['credit_id'],
    [...credits.values()].map((record) => ({
      credit_id: record.creditId,
      invoice_id: record.invoiceId,
      vun: record.vun,
      hun: record.hun,
      period_id: record.periodId,
      state: record.state,
      record: wireText(creditRecord, record),
    })),
  );
  await upsert(
    trx,
    'credit_body',
    ['credit_id'],
    [...creditBodies].map(([credit_id, body]) => ({ credit_id, body })),
  );
  if (purged.disputeIds.size > 0)
    await trx
      .deleteFrom('dispute_body')
      .where('dispute_id', 'in', [...purged.disputeIds])
      .execute();
};
