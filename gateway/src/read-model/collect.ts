import {
  agreementRecord,
  agreementTerms,
  batchHeader,
  batchRecord,
  canonicalJson,
  demandChunkRecord,
  invoiceRecord,
  lastInvoicedRecord,
  nettingRecord,
  sessionCloseBody,
  sessionEnd,
  sessionOpenBody,
  sessionRecord,
  socChunkRecord,
  stationRecord,
  tariffBindingRecord,
  tariffRecord,
  unpackBodies,
  utilityRecord,
  type JsonValue,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { LedgerBlock } from '../ledger/ledger.ts';
import { noChanges, type BlockChanges, type BodyOf } from './changes.ts';

/** A committed record that does not match its schema: writer and reader disagree, and reading on would lose it. */
export class RecordUnreadable extends Error {
  override readonly name = 'RecordUnreadable';
}

type Collector = (changes: BlockChanges, key: string, text: string) => void;

const decode = <S extends z.ZodType>(schema: S, key: string, json: unknown): z.output<S> => {
  const parsed = z.safeDecode(schema, json as z.input<S>);
  if (!parsed.success) throw new RecordUnreadable(`${key}: ${parsed.error.message}`);
  return parsed.data;
};

const read = <S extends z.ZodType>(schema: S, key: string, text: string): z.output<S> =>
  decode(schema, key, JSON.parse(text));

const body = <S extends z.ZodType>(schema: S, key: string, text: string): BodyOf<z.output<S>> => ({
  text,
  value: read(schema, key, text),
});

const lastPart = (key: string): string => key.slice(key.lastIndexOf(':') + 1);

/** Public records by the first part of their key; those not named here are markers that nobody asks for. */
const publicCollectors: Readonly<Record<string, Collector>> = {
  utility: (to, key, text) => to.utilities.set(key, read(utilityRecord, key, text)),
  station: (to, key, text) => to.stations.set(key, read(stationRecord, key, text)),
  agreement: (to, key, text) => to.agreements.set(key, read(agreementRecord, key, text)),
  tariff: (to, key, text) => to.tariffs.set(key, read(tariffRecord, key, text)),
  binding: (to, key, text) => to.bindings.set(key, read(tariffBindingRecord, key, text)),
  session: (to, key, text) => {
    const record = read(sessionRecord, key, text);
    to.sessions.set(record.sessionId, record);
  },
  sessionEnd: (to, key, text) => to.sessionEnds.push(read(sessionEnd, key, text)),
  batch: (to, key, text) => to.batches.set(key, read(batchRecord, key, text)),
  invoice: (to, key, text) => to.invoices.set(key, read(invoiceRecord, key, text)),
  lastInvoiced: (to, key, text) => to.lastInvoiced.set(key, read(lastInvoicedRecord, key, text)),
  netting: (to, key, text) => to.nettings.set(key, read(nettingRecord, key, text)),
  demand: (to, key, text) => to.demand.push(read(demandChunkRecord, key, text)),
  soc: (to, key, text) => to.soc.push(read(socChunkRecord, key, text)),
  interim: () => undefined,
};

const packed = <S extends z.ZodType>(
  schema: S,
  key: string,
  text: string,
): readonly BodyOf<z.output<S>>[] => {
  const unpacked = unpackBodies(text);
  if (!unpacked.ok) throw new RecordUnreadable(`${key}: ${unpacked.error.message}`);
  return unpacked.value.map((entry) => ({
    text: canonicalJson(entry as JsonValue),
    value: decode(schema, key, entry),
  }));
};

const privateCollectors: Readonly<Record<string, Collector>> = {
  terms: (to, key, text) => {
    const terms = body(agreementTerms, key, text);
    to.terms.set(key, { version: Number(lastPart(key)), body: terms });
  },
  opening: (to, key, text) => to.openBodies.push(...packed(sessionOpenBody, key, text)),
  header: (to, key, text) => to.batchHeaders.set(lastPart(key), body(batchHeader, key, text)),
  batch: (to, key, text) => {
    const bodies = packed(sessionCloseBody, key, text);
    to.closeBodies.set(lastPart(key), { batchId: lastPart(key), bodies });
  },
  invoice: (to, key, text) => to.invoiceBodies.set(lastPart(key), text),
  payable: (to, key, text) => to.payables.set(lastPart(key), text),
};

const kindOf = (key: string): string => key.slice(0, key.indexOf(':'));

/** What a block changes. Invalid transactions change nothing, but it is kept which records they meant to write. */
export const collectChanges = (block: LedgerBlock): BlockChanges => {
  const changes = noChanges(block);
  for (const transaction of block.transactions) {
    for (const { key, value } of transaction.writes) {
      const collect = publicCollectors[kindOf(key)];
      if (collect === undefined) continue;
      changes.touched.push({ key, txIndex: transaction.index });
      if (!transaction.valid) continue;
      if (value === undefined) throw new RecordUnreadable(`${key} was deleted, which no contract does`);
      collect(changes, key, value);
    }
    if (!transaction.valid) continue;
    for (const { key, value } of transaction.privateWrites) {
      if (value !== undefined) privateCollectors[kindOf(key)]?.(changes, key, value);
    }
  }
  return changes;
};
