import { allocationHeader, allocationRecord } from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import type { BlockChanges } from './changes.ts';
import { upsert, wireText } from './upsert.ts';

/** How sites divided their power, with the slots where this utility is a party. */
export const writeAllocations = async (
  trx: Transaction<GatewayDb>,
  { block, allocations, allocationHeaders, allocatedSlots, purged }: BlockChanges,
): Promise<void> => {
  await upsert(
    trx,
    'allocation_batch',
    ['batch_id'],
    [...allocations.values()].map((record) => ({
      batch_id: record.batchId,
      vun: record.vun,
      hun: record.hun,
      site_id: record.siteId,
      charge_id: record.chargeId ?? null,
      given_charge_id: record.givenChargeId ?? null,
      record: wireText(allocationRecord, record),
      block_number: block.number,
    })),
  );
  await upsert(
    trx,
    'allocation_body',
    ['batch_id'],
    [...allocationHeaders].map(([batch_id, header]) => {
      const { totalMicros, given } = allocationHeader.parse(JSON.parse(header));
      return {
        batch_id,
        header,
        owed: totalMicros > 0n,
        given: given !== undefined && given.totalMicros > 0n,
        slots: allocatedSlots.get(batch_id) ?? '',
      };
    }),
  );
  if (purged.allocationIds.size > 0)
    await trx
      .deleteFrom('allocation_body')
      .where('batch_id', 'in', [...purged.allocationIds])
      .execute();
};
