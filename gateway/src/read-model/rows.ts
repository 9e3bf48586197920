import {
  agreementRecord,
  batchRecord,
  certificateRecord,
  demandChunkRecord,
  holdingRecord,
  invoiceRecord,
  stationRecord,
  tariffBindingRecord,
  tariffRecord,
  utilityRecord,
} from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import type { BlockChanges } from './changes.ts';
import { deriveSettled } from './derive.ts';
import { writeAllocations } from './allocation-rows.ts';
import { writeBookings } from './booking-rows.ts';
import { writeFlexibility } from './flexibility-rows.ts';
import { writeDisputes } from './dispute-rows.ts';
import { writeHouses } from './house-rows.ts';
import { writeNettings } from './netting-rows.ts';
import { writeSessions } from './session-rows.ts';
import { writeTampering } from './tamper-rows.ts';
import { upsert, wireText } from './upsert.ts';

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

const writeClearing = async (trx: Transaction<GatewayDb>, changes: BlockChanges): Promise<void> => {
  await upsert(
    trx,
    'batch',
    ['batch_id'],
    [...changes.batches.values()].map((record) => ({
      batch_id: record.batchId,
      lane_id: record.laneId,
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
    ['lane_id'],
    [...changes.lastInvoiced.values()].map(({ laneId, toSequence }) => ({
      lane_id: laneId,
      to_sequence: toSequence,
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
  await upsert(
    trx,
    'demand_chunk',
    ['utility_id', 'area_id', 'first_at_ms'],
    changes.demand.map((record) => ({
      utility_id: record.utilityId,
      area_id: record.areaId,
      first_at_ms: BigInt(record.readings[0]?.atMs ?? 0),
      record: wireText(demandChunkRecord, record),
    })),
  );
};

const writeCertificates = async (trx: Transaction<GatewayDb>, changes: BlockChanges): Promise<void> => {
  await upsert(
    trx,
    'certificate',
    ['generator_id', 'quarter_ms'],
    changes.certificates.map((record) => ({
      generator_id: record.generatorId,
      quarter_ms: BigInt(record.quarterMs),
      record: wireText(certificateRecord, record),
    })),
  );
  await upsert(
    trx,
    'holding',
    ['generator_id', 'quarter_ms', 'from_wh'],
    [...changes.holdings.values()].map((record) => ({
      generator_id: record.generatorId,
      quarter_ms: BigInt(record.quarterMs),
      from_wh: record.fromWh,
      to_wh: record.toWh,
      holder: record.holder,
      cancelled: record.cancelled !== undefined,
      record: wireText(holdingRecord, record),
    })),
  );
};

/** Writes a block's rows and moves the checkpoint, all in the caller's SQL transaction. */
export const writeBlock = async (trx: Transaction<GatewayDb>, changes: BlockChanges): Promise<void> => {
  const { number, hash, previousHash, entry, transactions } = changes.block;
  await trx
    .insertInto('block')
    .values({ number, hash, previous_hash: previousHash, entry, transactions: transactions.length })
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
  // What contracts computed, they computed from the state before: it is read before this block's own is written.
  const derived = await deriveSettled(trx, changes);
  await writeRegistry(trx, changes);
  await writeSessions(trx, changes, derived);
  await writeClearing(trx, changes);
  await writeDisputes(trx, changes);
  await writeBookings(trx, changes);
  await writeAllocations(trx, changes);
  await writeFlexibility(trx, changes);
  await writeTampering(trx, changes);
  await writeHouses(trx, changes);
  await writeNettings(trx, changes);
  await writeGrid(trx, changes);
  await writeCertificates(trx, changes);
  await trx
    .insertInto('checkpoint')
    .values({ one: true, next_block: number + 1n, last_hash: hash })
    .onConflict((conflict) =>
      conflict.column('one').doUpdateSet({ next_block: number + 1n, last_hash: hash }),
    )
    .execute();
};
