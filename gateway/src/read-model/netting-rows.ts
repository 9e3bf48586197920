import {
  nettingIdOf,
  nettingRecord,
  nettingStates,
  pairOf,
  paymentRecord,
  invoiceRecord,
} from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import type { BlockChanges } from './changes.ts';
import { upsert, wireText } from './upsert.ts';

type Trx = Transaction<GatewayDb>;

const firstIdOf = (record: {
  readonly periodId: string;
  readonly round: number;
  readonly currency: string;
}) => nettingIdOf(record.periodId, record.round, record.currency);

/** First ids of the nettings that a block's records or payments touch. */
const touchedNettings = async (
  trx: Trx,
  { nettings, payments }: BlockChanges,
): Promise<readonly string[]> => {
  const ids = new Set([...nettings.values()].map(firstIdOf));
  const ofPayments = [...new Set([...payments.values()].map(({ nettingId }) => nettingId))];
  if (ofPayments.length > 0) {
    const rows = await trx
      .selectFrom('netting')
      .select('first_id')
      .where('netting_id', 'in', ofPayments)
      .execute();
    for (const { first_id } of rows) ids.add(first_id);
  }
  return [...ids];
};

/** What payments make of a netting, and of the invoices that are in it. */
const judge = async (trx: Trx, firstId: string): Promise<void> => {
  const rows = await trx
    .selectFrom('netting')
    .select(['netting_id', 'record'])
    .where('first_id', '=', firstId)
    .orderBy('cast_number')
    .execute();
  const casts = rows.map(({ record }) => nettingRecord.parse(record));
  const paid = await trx
    .selectFrom('payment')
    .select('record')
    .where(
      'netting_id',
      'in',
      rows.map(({ netting_id }) => netting_id),
    )
    .execute();
  const states = nettingStates(
    casts,
    paid.map(({ record }) => paymentRecord.parse(record)),
  );
  for (const [at, { netting_id }] of rows.entries())
    await trx
      .updateTable('netting')
      .set({ state: states[at] ?? 'open' })
      .where('netting_id', '=', netting_id)
      .execute();
  const latest = casts.at(-1);
  if (latest === undefined) return;
  const isIn = new Set(latest.pairs.map(({ low, high }) => `${low} ${high}`));
  const invoices = await trx
    .selectFrom('invoice')
    .select(['invoice_id', 'vun', 'hun', 'record'])
    .where('period_id', '=', latest.periodId)
    .where('state', 'in', ['netted', 'paid'])
    .execute();
  for (const { invoice_id, vun, hun, record } of invoices) {
    if (invoiceRecord.parse(record).nettingId !== firstId) continue;
    const { low, high } = pairOf(vun, hun);
    const isPaid = states.at(-1) === 'settled' && isIn.has(`${low} ${high}`);
    await trx
      .updateTable('invoice')
      .set({ state: isPaid ? 'paid' : 'netted' })
      .where('invoice_id', '=', invoice_id)
      .execute();
  }
};

export const writeNettings = async (trx: Trx, changes: BlockChanges): Promise<void> => {
  await upsert(
    trx,
    'settlement_record',
    ['record_key'],
    [...changes.settlement].map(([record_key, { kind, periodId, text }]) => ({
      record_key,
      kind,
      period_id: periodId ?? null,
      record: text,
    })),
  );
  await upsert(
    trx,
    'pair_balance',
    ['balance_key'],
    [...changes.pairBalances].map(([balance_key, body]) => ({ balance_key, body })),
  );
  await upsert(
    trx,
    'netting',
    ['netting_id'],
    [...changes.nettings.values()].map((record) => ({
      netting_id: record.nettingId,
      first_id: firstIdOf(record),
      cast_number: record.cast,
      period_id: record.periodId,
      state: 'open',
      record: wireText(nettingRecord, record),
    })),
  );
  await upsert(
    trx,
    'payment',
    ['payment_id'],
    [...changes.payments.values()].map((record) => ({
      payment_id: record.paymentId,
      netting_id: record.nettingId,
      state: record.state,
      record: wireText(paymentRecord, record),
    })),
  );
  for (const firstId of await touchedNettings(trx, changes)) await judge(trx, firstId);
};
