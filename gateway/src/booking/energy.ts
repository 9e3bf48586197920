import {
  allocationHeader,
  allocationRecord,
  type AllocationHeader,
  type ChargeItem,
  type GivenBatch,
} from '@roamgrid/wire';
import { sql, type Kysely } from 'kysely';
import { splitCursor } from '../auditor-api/page.ts';
import type { GatewayDb } from '../store/schema.ts';
import type { Debtor } from './read.ts';

/** What the read model has of the energy in sites' slots that somebody owes for. */

type Db = Kysely<GatewayDb>;

/** What servers at own sites took for others, and what own customers' cars gave at others' sites. */
type EnergySide = 'taken' | 'given';

/** Batches that are owed for to this utility, and stand on no note of that side. */
export const unchargedEnergy = (db: Db, utilityId: string, side: EnergySide) => {
  const isTaken = side === 'taken';
  return db
    .selectFrom('allocation_batch')
    .innerJoin('allocation_body', 'allocation_body.batch_id', 'allocation_batch.batch_id')
    .where(isTaken ? 'vun' : 'hun', '=', utilityId)
    .where(isTaken ? 'hun' : 'vun', '!=', utilityId)
    .where(isTaken ? 'charge_id' : 'given_charge_id', 'is', null)
    .where(isTaken ? 'owed' : 'given', '=', true);
};

interface DueEnergy {
  readonly item: Extract<ChargeItem, { kind: 'compute' | 'v2l' }>;
  /** The header, as it was hashed. */
  readonly text: string;
}

const itemOf = (side: EnergySide, header: AllocationHeader): DueEnergy['item'] => {
  const { batchId, serversWh, totalMicros, given } = header;
  if (side === 'taken') return { kind: 'compute', batchId, energyWh: serversWh, amountMicros: totalMicros };
  const energyWh = given?.cars.reduce((sum, { givenWh }) => sum + givenWh, 0n) ?? 0n;
  return { kind: 'v2l', batchId, energyWh, amountMicros: given?.totalMicros ?? 0n };
};

/** Of one debtor: both sides' items, each with what travels beside it. */
export const unchargedEnergyOf = async (
  db: Db,
  utilityId: string,
  { hun: debtor, agreementId }: Debtor,
  limit: number,
): Promise<readonly DueEnergy[]> => {
  const sides = await Promise.all(
    (['taken', 'given'] as const).map(async (side) => {
      const rows = await unchargedEnergy(db, utilityId, side)
        .where(side === 'taken' ? 'hun' : 'vun', '=', debtor)
        .where(sql`record->>'agreementId'`, '=', agreementId)
        .select('header')
        .orderBy('allocation_batch.batch_id')
        .limit(limit)
        .execute();
      return rows.map(({ header: text }) => ({
        item: itemOf(side, allocationHeader.parse(JSON.parse(text))),
        text,
      }));
    }),
  );
  return sides.flat();
};

/** What cars of own customers gave, here or at others' sites, by the block that last changed each batch. */
export const givenChanges = async (
  db: Db,
  utilityId: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<{ readonly items: GivenBatch[]; readonly cursor: string }> => {
  const [block, id] = splitCursor(after);
  const rows = await db
    .selectFrom('allocation_batch')
    .innerJoin('allocation_body', 'allocation_body.batch_id', 'allocation_batch.batch_id')
    .select(['allocation_batch.batch_id as batchId', 'record', 'header', 'block_number'])
    .where('hun', '=', utilityId)
    .where('given', '=', true)
    .where(sql<boolean>`(block_number, allocation_batch.batch_id) > (${block}, ${id})`)
    .orderBy('block_number')
    .orderBy('allocation_batch.batch_id')
    .limit(limit)
    .execute();
  const last = rows.at(-1);
  return {
    items: rows.map(({ record, header }) => ({
      record: allocationRecord.parse(record),
      header: allocationHeader.parse(JSON.parse(header)),
    })),
    cursor: last === undefined ? after : `${last.block_number}/${last.batchId}`,
  };
};
