import {
  agreementRecord,
  batchRecord,
  cdr as cdrSchema,
  invoiceRecord,
  nettingRecord,
  endedSession,
  sessionRecord,
  stationRecord,
  tariffBindingRecord,
  tariffRecord,
  utilityRecord,
  type SessionRecord,
} from '@roamgrid/wire';
import { sql, type Insertable, type Transaction } from 'kysely';
import { z } from 'zod';
import type { GatewayDb } from '../store/schema.ts';
import type { BlockChanges } from './changes.ts';

type Table = keyof GatewayDb;

/** PostgreSQL takes at most 65,535 parameters a statement. */
const ROWS_A_STATEMENT = 1_000;

const wireText = <S extends z.ZodType>(schema: S, value: z.output<S>): string =>
  JSON.stringify(z.encode(schema, value));

/** Writes rows, many to a statement; a row whose key is there is replaced. */
const upsert = async <T extends Table>(
  trx: Transaction<GatewayDb>,
  table: T,
  keys: readonly string[],
  rows: readonly Insertable<GatewayDb[T]>[],
): Promise<void> => {
  for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT) {
    const part = rows.slice(from, from + ROWS_A_STATEMENT);
    const columns = Object.keys(part[0] ?? {}).filter((column) => !keys.includes(column));
    const replaced = Object.fromEntries(columns.map((column) => [column, sql.ref(`excluded.${column}`)]));
    await trx
      .insertInto(table)
      .values(part)
      .onConflict((conflict) => {
        const target = conflict.columns(keys as never);
        return columns.length === 0 ? target.doNothing() : target.doUpdateSet(replaced as never);
      })
      .execute();
  }
};

const writeRegistry = async (trx: Transaction<GatewayDb>, changes: BlockChanges): Promise<void> => {
  await upsert(
    trx,
    'utility',
    ['utility_id'],
    [...changes.utilities.values()].map((record) => ({
      utility_id: record.utilityId,
      record: wireText(utilityRecord, record),
    })),
  );
  await upsert(
    trx,
    'station',
    ['utility_id', 'station_id'],
    [...changes.stations.values()].map((record) => ({
      utility_id: record.utilityId,
      station_id: record.stationId,
      record: wireText(stationRecord, record),
    })),
  );
  await upsert(
    trx,
    'agreement',
    ['agreement_id'],
    [...changes.agreements.values()].map((record) => ({
      agreement_id: record.agreementId,
      record: wireText(agreementRecord, record),
    })),
  );
  await upsert(
    trx,
    'terms',
    ['agreement_id', 'version'],
    [...changes.terms.values()].map(({ version, body }) => ({
      agreement_id: body.value.agreementId,
      version,
      body: body.text,
    })),
  );
  await upsert(
    trx,
    'tariff',
    ['tariff_id', 'version'],
    [...changes.tariffs.values()].map((record) => ({
      tariff_id: record.tariffId,
      version: record.version,
      utility_id: record.utilityId,
      valid_from_ms: BigInt(record.validFromMs),
      valid_until_ms: BigInt(record.validUntilMs),
      record: wireText(tariffRecord, record),
    })),
  );
  await upsert(
    trx,
    'tariff_binding',
    ['agreement_id', 'tariff_id', 'tariff_version'],
    [...changes.bindings.values()].map((record) => ({
      agreement_id: record.agreementId,
      tariff_id: record.tariffId,
      tariff_version: record.tariffVersion,
      record: wireText(tariffBindingRecord, record),
    })),
  );
};

/** Sessions that the block opened or ended, each put together from its record and its end. */
const sessionsAsTheyStand = async (
  trx: Transaction<GatewayDb>,
  { sessions, sessionEnds }: BlockChanges,
): Promise<readonly SessionRecord[]> => {
  const opened = new Map(sessions);
  const earlier = sessionEnds.map(({ sessionId }) => sessionId).filter((id) => !opened.has(id));
  if (earlier.length > 0) {
    const rows = await trx
      .selectFrom('ledger_session')
      .select(['session_id', 'record'])
      .where('session_id', 'in', earlier)
      .execute();
    for (const { session_id, record } of rows) opened.set(session_id, sessionRecord.parse(record));
  }
  const ends = new Map(sessionEnds.map((end) => [end.sessionId, end]));
  for (const id of ends.keys())
    if (!opened.has(id)) throw new Error(`session ${id} ended and was never opened`);
  return [...opened.values()].map((record) => endedSession(record, ends.get(record.sessionId)));
};

const writeSessions = async (trx: Transaction<GatewayDb>, changes: BlockChanges): Promise<void> => {
  await upsert(
    trx,
    'ledger_session',
    ['session_id'],
    (await sessionsAsTheyStand(trx, changes)).map((record) => ({
      session_id: record.sessionId,
      state: record.state,
      vun: record.vun,
      hun: record.hun,
      agreement_id: record.agreementId,
      opened_at_ms: BigInt(record.openedAtMs),
      batch_id: record.batchId ?? null,
      record: wireText(sessionRecord, record),
    })),
  );
  await upsert(
    trx,
    'open_body',
    ['session_id'],
    changes.openBodies.map(({ text, value }) => ({
      session_id: value.sessionId,
      station_id: value.quote.stationId,
      cin_ref: value.cinRef,
      authorised_by: value.authorisedBy,
      body: text,
    })),
  );
  await upsert(
    trx,
    'batch',
    ['batch_id'],
    [...changes.batches.values()].map((record) => ({
      batch_id: record.batchId,
      vun: record.vun,
      hun: record.hun,
      from_sequence: record.fromSequence,
      to_sequence: record.toSequence,
      invoice_id: record.invoiceId ?? null,
      record: wireText(batchRecord, record),
    })),
  );
  await upsert(
    trx,
    'batch_header',
    ['batch_id'],
    [...changes.batchHeaders].map(([batch_id, { text }]) => ({ batch_id, body: text })),
  );
  const closed = [...changes.closeBodies.values()].flatMap(({ batchId, bodies }) =>
    bodies.map(({ text, value }, index) => ({ batchId, index, text, value })),
  );
  await upsert(
    trx,
    'close_body',
    ['session_id'],
    closed.map(({ batchId, index, text, value }) => ({
      session_id: value.sessionId,
      batch_id: batchId,
      item_index: index,
      body: text,
    })),
  );
  await upsert(
    trx,
    'cdr',
    ['session_id'],
    closed.map(({ batchId, value: { cdr } }) => ({
      session_id: cdr.sessionId,
      vun: cdr.vun,
      hun: cdr.hun,
      pair_sequence: cdr.pairSequence,
      batch_id: batchId,
      end_ms: BigInt(cdr.endMs),
      block_number: changes.block.number,
      cdr: wireText(cdrSchema, cdr),
    })),
  );
};

const writeClearing = async (trx: Transaction<GatewayDb>, changes: BlockChanges): Promise<void> => {
  await upsert(
    trx,
    'invoice',
    ['invoice_id'],
    [...changes.invoices.values()].map((record) => ({
      invoice_id: record.invoiceId,
      vun: record.vun,
      hun: record.hun,
      period_id: record.periodId,
      state: record.state,
      record: wireText(invoiceRecord, record),
    })),
  );
  const bodies = (map: ReadonlyMap<string, string>) =>
    [...map].map(([invoice_id, text]) => ({ invoice_id, body: text }));
  await upsert(trx, 'invoice_body', ['invoice_id'], bodies(changes.invoiceBodies));
  await upsert(trx, 'payable', ['invoice_id'], bodies(changes.payables));
  await upsert(
    trx,
    'last_invoiced',
    ['vun', 'hun'],
    [...changes.lastInvoiced.values()].map(({ vun, hun, toSequence }) => ({
      vun,
      hun,
      to_sequence: toSequence,
    })),
  );
  await upsert(
    trx,
    'netting',
    ['netting_id'],
    [...changes.nettings.values()].map((record) => ({
      netting_id: record.nettingId,
      period_id: record.periodId,
      state: record.state,
      record: wireText(nettingRecord, record),
    })),
  );
};

/** One row a key: a block may tell the same instant twice, and one statement may not write a row twice. */
const distinct = <T>(rows: readonly T[], keyOf: (row: T) => string): T[] => [
  ...new Map(rows.map((row) => [keyOf(row), row])).values(),
];

const writeGrid = async (trx: Transaction<GatewayDb>, changes: BlockChanges): Promise<void> => {
  const demand = changes.demand.flatMap(({ utilityId, areaId, intervalMs, readings }) =>
    readings.map(({ atMs, demandW }) => ({
      utility_id: utilityId,
      area_id: areaId,
      at_ms: BigInt(atMs),
      interval_ms: intervalMs,
      demand_w: demandW.toString(),
    })),
  );
  await upsert(
    trx,
    'demand',
    ['utility_id', 'area_id', 'at_ms'],
    distinct(demand, (row) => `${row.utility_id} ${row.area_id} ${row.at_ms}`),
  );
  const soc = changes.soc.flatMap(({ utilityId, stationId, readings }) =>
    readings.map(({ atMs, sessionId, socPpm }) => ({
      session_id: sessionId,
      at_ms: BigInt(atMs),
      utility_id: utilityId,
      station_id: stationId,
      soc_ppm: socPpm,
    })),
  );
  await upsert(
    trx,
    'soc',
    ['session_id', 'at_ms'],
    distinct(soc, (row) => `${row.session_id} ${row.at_ms}`),
  );
};

/** Writes a block's rows and moves the checkpoint, all in the caller's SQL transaction. */
export const writeBlock = async (trx: Transaction<GatewayDb>, changes: BlockChanges): Promise<void> => {
  const { number, hash, previousHash, transactions } = changes.block;
  await trx
    .insertInto('block')
    .values({ number, hash, previous_hash: previousHash, transactions: transactions.length })
    .execute();
  await upsert(
    trx,
    'ledger_transaction',
    ['block_number', 'tx_index'],
    transactions.map((transaction) => ({
      block_number: number,
      tx_index: transaction.index,
      transaction_id: transaction.transactionId,
      valid: transaction.valid,
      validation_code: transaction.validationCode,
      creator_msp: transaction.creatorMspId,
      at_ms: BigInt(transaction.atMs),
    })),
  );
  await upsert(
    trx,
    'touched',
    ['record_key', 'block_number', 'tx_index'],
    changes.touched.map(({ key, txIndex }) => ({ record_key: key, block_number: number, tx_index: txIndex })),
  );
  await writeRegistry(trx, changes);
  await writeSessions(trx, changes);
  await writeClearing(trx, changes);
  await writeGrid(trx, changes);
  await trx
    .insertInto('checkpoint')
    .values({ one: true, next_block: number + 1n, last_hash: hash })
    .onConflict((conflict) =>
      conflict.column('one').doUpdateSet({ next_block: number + 1n, last_hash: hash }),
    )
    .execute();
};
