import { flexSettlementBody } from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import type { BlockChanges, FlexRecord } from './changes.ts';
import { upsert } from './upsert.ts';

/** When a record is of: a day's first instant, an event's start. */
const atOf = ({ record }: FlexRecord): bigint | null => {
  if (record.type === 'flexHouse') return null;
  return BigInt(record.type === 'flexEvent' ? record.fromMs : record.dayMs);
};

/** Houses that are flexible, with bodies where this utility is a party. */
export const writeFlexibility = async (
  trx: Transaction<GatewayDb>,
  { block, flexibility, flexBodies }: BlockChanges,
): Promise<void> => {
  await upsert(
    trx,
    'flex_record',
    ['record_key'],
    [...flexibility].map(([record_key, each]) => {
      const { kind, record, text } = each;
      const { agreementId: agreement_id, vun, hun, bodyHash: body_hash } = record;
      return {
        ...{ record_key, kind, agreement_id, vun, hun, body_hash },
        house_id: record.type === 'flexEvent' ? null : record.houseId,
        at_ms: atOf(each),
        given_charge_id: record.type === 'flexSettlement' ? (record.givenChargeId ?? null) : null,
        record: text,
        block_number: block.number,
      };
    }),
  );
  await upsert(
    trx,
    'flex_body',
    ['record_key'],
    [...flexBodies].map(([record_key, body]) => ({
      ...{ record_key, body },
      owed:
        record_key.startsWith('flexSettlement:') &&
        flexSettlementBody.parse(JSON.parse(body)).totalMicros > 0n,
    })),
  );
};
