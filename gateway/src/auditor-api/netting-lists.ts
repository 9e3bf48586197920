import {
  nettingRecord,
  nettingState,
  paymentRecord,
  standingPayments,
  unmatchedRecord,
  utilityId,
  type auditedNetting,
} from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { GatewayDb } from '../store/schema.ts';
import { pageOf, paging, type Page } from './page.ts';

export const nettingFilter = z.strictObject({
  ...paging,
  state: nettingState.exactOptional(),
  periodId: z.string().max(10).exactOptional(),
});

/** The payments that hold after each netting, in the order of their ids. */
const paymentsOf = async (db: Kysely<GatewayDb>, firstIds: readonly string[]) => {
  if (firstIds.length === 0) return [];
  const rows = await db
    .selectFrom('payment')
    .innerJoin('netting', 'netting.netting_id', 'payment.netting_id')
    .select(['payment.record', 'netting.first_id'])
    .where('netting.first_id', 'in', firstIds)
    .orderBy('netting.cast_number')
    .orderBy('payment.payment_id')
    .execute();
  return rows.map(({ record, first_id }) => ({ firstId: first_id, payment: paymentRecord.parse(record) }));
};

export const listNettings = async (
  db: Kysely<GatewayDb>,
  { state, periodId, after, limit }: z.output<typeof nettingFilter>,
): Promise<Page<z.output<typeof auditedNetting>>> => {
  let query = db
    .selectFrom('netting')
    .select(['netting_id', 'first_id', 'cast_number', 'state', 'record'])
    .orderBy('netting_id')
    .limit(limit + 1);
  if (state !== undefined) query = query.where('state', '=', state);
  if (periodId !== undefined) query = query.where('period_id', '=', periodId);
  if (after !== undefined) query = query.where('netting_id', '>', after);
  const rows = await query.execute();
  const firstIds = [...new Set(rows.map(({ first_id }) => first_id))];
  const payments = await paymentsOf(db, firstIds);
  return pageOf(
    rows,
    limit,
    (row) => {
      const record = nettingRecord.parse(row.record);
      const own = payments.filter(({ firstId }) => firstId === row.first_id).map(({ payment }) => payment);
      const isReplaced = row.state === 'replaced';
      return {
        record,
        state: nettingState.parse(row.state),
        payments: isReplaced
          ? own.filter(({ nettingId }) => nettingId === record.nettingId)
          : [...standingPayments([record], own)],
      };
    },
    (row) => row.netting_id,
  );
};

export const unmatchedFilter = z.strictObject({ ...paging, utilityId: utilityId.exactOptional() });

export const listUnmatched = async (
  db: Kysely<GatewayDb>,
  { utilityId: utility, after, limit }: z.output<typeof unmatchedFilter>,
): Promise<Page<z.output<typeof unmatchedRecord>>> => {
  let query = db
    .selectFrom('settlement_record')
    .select(['record_key', 'record'])
    .where('kind', '=', 'unmatched')
    .orderBy('record_key')
    .limit(limit + 1);
  if (utility !== undefined) query = query.where('record_key', 'like', `unmatched:${utility}:%`);
  if (after !== undefined) query = query.where('record_key', '>', after);
  return pageOf(
    await query.execute(),
    limit,
    (row) => unmatchedRecord.parse(row.record),
    (row) => row.record_key,
  );
};
