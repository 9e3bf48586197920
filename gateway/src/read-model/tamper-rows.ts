import { tamperRecord } from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import type { BlockChanges } from './changes.ts';
import { upsert, wireText } from './upsert.ts';

const padded = (number: number | bigint): string => number.toString().padStart(14, '0');

/** Tampering with sites' devices, each event at its place on the ledger. */
export const writeTampering = async (
  trx: Transaction<GatewayDb>,
  { tampering, block }: BlockChanges,
): Promise<void> => {
  await upsert(
    trx,
    'tamper_event',
    ['place'],
    tampering.map((record) => ({
      place: [padded(block.number), record.utilityId, record.siteId, padded(record.number)].join('/'),
      utility_id: record.utilityId,
      site_id: record.siteId,
      record: wireText(tamperRecord, record),
    })),
  );
};
