import {
  defaultRecord,
  nettingRecord,
  onAccountRecord,
  pairBalances,
  pairPeriodRecord,
  periodRecord,
  positionRecord,
  type DefaultRecord,
  type NettingRecord,
  type OnAccountRecord,
  type PairBalances,
  type PairPeriodRecord,
  type PeriodRecord,
  type PositionRecord,
} from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import type { z } from 'zod';
import type { GatewayDb } from '../store/schema.ts';

/** What the read model has of nettings. */

type Db = Kysely<GatewayDb>;

const recordsOf = async <S extends z.ZodType>(
  db: Db,
  schema: S,
  kind: string,
  periodId?: string,
): Promise<readonly z.output<S>[]> => {
  const rows = await db
    .selectFrom('settlement_record')
    .select('record')
    .where('kind', '=', kind)
    .$if(periodId !== undefined, (query) => query.where('period_id', '=', periodId ?? ''))
    .orderBy('record_key')
    .execute();
  return rows.map(({ record }) => schema.parse(record));
};

export const calledPeriods = async (db: Db): Promise<readonly PeriodRecord[]> =>
  (await recordsOf(db, periodRecord, 'period')).filter(({ state }) => state === 'called');

export const pairsOf = (db: Db, periodId: string): Promise<readonly PairPeriodRecord[]> =>
  recordsOf(db, pairPeriodRecord, 'pairPeriod', periodId);

export const onAccountOf = (db: Db, periodId: string): Promise<readonly OnAccountRecord[]> =>
  recordsOf(db, onAccountRecord, 'onAccount', periodId);

export const defaultsOf = (db: Db): Promise<readonly DefaultRecord[]> =>
  recordsOf(db, defaultRecord, 'default');

export const positionsOf = async (
  db: Db,
  periodId: string,
  round: number,
): Promise<readonly PositionRecord[]> =>
  (await recordsOf(db, positionRecord, 'position', periodId)).filter((each) => each.round === round);

/** The cast that holds of each netting of a period, by the id of its first. */
export const latestCasts = async (db: Db, periodId: string): Promise<ReadonlyMap<string, NettingRecord>> => {
  const rows = await db
    .selectFrom('netting')
    .select(['first_id', 'record'])
    .where('period_id', '=', periodId)
    .orderBy('cast_number')
    .execute();
  return new Map(rows.map(({ first_id, record }) => [first_id, nettingRecord.parse(record)]));
};

/** The id of a netting's first cast. */
export const firstIdOf = async (db: Db, nettingId: string): Promise<string | undefined> =>
  (await db.selectFrom('netting').select('first_id').where('netting_id', '=', nettingId).executeTakeFirst())
    ?.first_id;

const idOf = (document: string): string => document.slice(document.indexOf(':') + 1);

/** Those of some documents that both parties accepted, in their order. */
export const acceptedOf = async (db: Db, documents: readonly string[]): Promise<readonly string[]> => {
  if (documents.length === 0) return [];
  const ids = documents.map(idOf);
  const [invoices, credits, charges] = await Promise.all([
    db
      .selectFrom('invoice')
      .select('invoice_id')
      .where('invoice_id', 'in', ids)
      .where('state', '=', 'accepted')
      .execute(),
    db
      .selectFrom('credit')
      .select('credit_id')
      .where('credit_id', 'in', ids)
      .where('state', '=', 'accepted')
      .execute(),
    db
      .selectFrom('charge_note')
      .select('charge_id')
      .where('charge_id', 'in', ids)
      .where('state', '=', 'accepted')
      .execute(),
  ]);
  const accepted = new Set([
    ...invoices.map(({ invoice_id }) => `invoice:${invoice_id}`),
    ...credits.map(({ credit_id }) => `credit:${credit_id}`),
    ...charges.map(({ charge_id }) => `charge:${charge_id}`),
  ]);
  return documents.filter((document) => accepted.has(document));
};

/** Payable statements of documents, in their order; nothing when one of them is not here. */
export const payablesOf = async (
  db: Db,
  documents: readonly string[],
): Promise<readonly string[] | undefined> => {
  if (documents.length === 0) return [];
  const rows = await db
    .selectFrom('payable')
    .selectAll()
    .where('invoice_id', 'in', documents.map(idOf))
    .execute();
  const texts = new Map(rows.map(({ invoice_id, body }) => [invoice_id, body]));
  const found = documents.map((document) => texts.get(idOf(document)));
  return found.every((text): text is string => text !== undefined) ? found : undefined;
};

export const balancesOf = async (db: Db, key: string): Promise<PairBalances | undefined> => {
  const row = await db
    .selectFrom('pair_balance')
    .select('body')
    .where('balance_key', '=', key)
    .executeTakeFirst();
  return row && pairBalances.parse(JSON.parse(row.body));
};
