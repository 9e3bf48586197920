import {
  flexSettlementBody,
  flexSettlementRecord,
  type ChargeItem,
  type SettledHouseDay,
} from '@roamgrid/wire';
import { sql, type Kysely } from 'kysely';
import { splitCursor } from '../auditor-api/page.ts';
import type { GatewayDb } from '../store/schema.ts';
import type { Debtor } from './read.ts';

/** What the read model has of houses' days that somebody owes for. */

type Db = Kysely<GatewayDb>;

const settlements = (db: Db) =>
  db
    .selectFrom('flex_record')
    .innerJoin('flex_body', 'flex_body.record_key', 'flex_record.record_key')
    .where('kind', '=', 'flexSettlement');

/** Days of own customers' houses on others' grids that stand on no note. */
export const unchargedDays = (db: Db, utilityId: string) =>
  settlements(db)
    .where('hun', '=', utilityId)
    .where('vun', '!=', utilityId)
    .where('given_charge_id', 'is', null)
    .where('owed', '=', true);

/** A day's lines, which stand on one note together. */
const itemsOf = (text: string): readonly ChargeItem[] => {
  const { houseId, dayMs, lines } = flexSettlementBody.parse(JSON.parse(text));
  return lines
    .filter(({ micros }) => micros > 0n)
    .map((line) => ({
      ...{ kind: 'flexibility', houseId, dayMs, line: line.line },
      ...(line.line !== 'EXPORT' && { eventId: line.eventId }),
      ...{ energyWh: line.energyWh, amountMicros: line.micros },
    }));
};

/** Of one debtor: the items of each day, and its body as it was hashed. */
export const unchargedDaysOf = async (
  db: Db,
  utilityId: string,
  { hun: debtor, agreementId }: Debtor,
  limit: number,
): Promise<readonly { readonly items: readonly ChargeItem[]; readonly bodyText: string }[]> => {
  const rows = await unchargedDays(db, utilityId)
    .where('vun', '=', debtor)
    .where('agreement_id', '=', agreementId)
    .select('body')
    .orderBy('flex_record.record_key')
    .limit(limit)
    .execute();
  return rows.map(({ body }) => ({ items: itemsOf(body), bodyText: body }));
};

/** Days of own customers' houses by the block that last changed each. */
export const houseDayChanges = async (
  db: Db,
  utilityId: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<{ readonly items: SettledHouseDay[]; readonly cursor: string }> => {
  const [block, key] = splitCursor(after);
  const rows = await settlements(db)
    .select(['flex_record.record_key as key', 'record', 'body', 'block_number'])
    .where('hun', '=', utilityId)
    .where(sql<boolean>`(block_number, flex_record.record_key) > (${block}, ${key})`)
    .orderBy('block_number')
    .orderBy('flex_record.record_key')
    .limit(limit)
    .execute();
  const last = rows.at(-1);
  return {
    items: rows.map(({ record, body }) => ({
      record: flexSettlementRecord.parse(record),
      body: flexSettlementBody.parse(JSON.parse(body)),
    })),
    cursor: last === undefined ? after : `${last.block_number}/${last.key}`,
  };
};
