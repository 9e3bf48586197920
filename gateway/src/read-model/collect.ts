import {
  agreementRecord,
  agreementTerms,
  allocationRecord,
  batchHeader,
  batchRecord,
  carryRecord,
  claimRecord,
  certificateRecord,
  chargeRecord,
  creditRecord,
  defaultRecord,
  demandChunkRecord,
  disputeRecord,
  energyCreditRecord,
  holdingRecord,
  houseBatchRecord,
  houseRecord,
  endsRecord,
  flexDayRecord,
  flexEventRecord,
  flexHouseRecord,
  flexSettlementRecord,
  invoiceRecord,
  lastInvoicedRecord,
  missingRecord,
  nettingRecord,
  onAccountRecord,
  openingRecord,
  pairPeriodRecord,
  paymentRecord,
  periodRecord,
  positionRecord,
  reservationRecord,
  sessionNote,
  stateKey,
  stationRecord,
  tamperRecord,
  tariffBindingRecord,
  tariffRecord,
  unmatchedRecord,
  unpackBodies,
  utilityRecord,
  type EndsRecord,
} from '@roamgrid/wire';
import { z } from 'zod';
import type { BlockTransaction, LedgerBlock } from '../ledger/ledger.ts';
import { noChanges, type BlockChanges, type BodyOf, type DisputeText, type FlexRecord } from './changes.ts';

/** A committed record that does not match its schema: writer and reader disagree, and reading on would lose it. */
export class RecordUnreadable extends Error {
  override readonly name = 'RecordUnreadable';
}

/** What one transaction wrote that only makes sense together. */
interface TransactionParts {
  readonly ends: EndsRecord[];
  batchId: string | undefined;
  texts: readonly string[] | undefined;
  ways: readonly string[] | undefined;
}

type Collector = (changes: BlockChanges, key: string, text: string, parts: TransactionParts) => void;

const read = <S extends z.ZodType>(schema: S, key: string, text: string): z.output<S> => {
  const parsed = z.safeDecode(schema, JSON.parse(text) as z.input<S>);
  if (!parsed.success) throw new RecordUnreadable(`${key}: ${parsed.error.message}`);
  return parsed.data;
};

const body = <S extends z.ZodType>(schema: S, key: string, text: string): BodyOf<z.output<S>> => ({
  text,
  value: read(schema, key, text),
});

const lastPart = (key: string): string => key.slice(key.lastIndexOf(':') + 1);

/** All behind the kind, of a key that names its record by two. */
const lastParts = (key: string): string => key.slice(key.indexOf(':') + 1);

/** Writes whose only reader is the contract: it is kept that they were touched, and by whom. */
const touchedOnly: Collector = () => undefined;

const disputeText =
  (kind: DisputeText['kind']): Collector =>
  (to, key, text) =>
    to.disputeBodies.push({ disputeId: lastPart(key), kind, text });

/** A record of nettings that has no table of its own. */
const settlement =
  (schema: z.ZodType): Collector =>
  (to, key, text) => {
    read(schema, key, text);
    const { periodId } = ofPeriod.parse(JSON.parse(text));
    to.settlement.set(key, { kind: kindOf(key), periodId, text });
  };

/** Of houses: what the rows are asked by stands in the record. */
const flexibility =
  (schema: z.ZodType<FlexRecord['record']>): Collector =>
  (to, key, text) =>
    to.flexibility.set(key, { kind: kindOf(key), record: read(schema, key, text), text });

const flexBody: Collector = (to, key, text) => to.flexBodies.set(key, text);

const ofPeriod = z.object({ periodId: z.string().optional() });

/** Public records by the first part of their key; those not named here are markers that nobody asks for. */
const publicCollectors: Readonly<Record<string, Collector>> = {
  utility: (to, key, text) => to.utilities.set(key, read(utilityRecord, key, text)),
  station: (to, key, text) => to.stations.set(key, read(stationRecord, key, text)),
  agreement: (to, key, text) => to.agreements.set(key, read(agreementRecord, key, text)),
  tariff: (to, key, text) => to.tariffs.set(key, read(tariffRecord, key, text)),
  binding: (to, key, text) => to.bindings.set(key, read(tariffBindingRecord, key, text)),
  opening: (to, key, text) => to.openings.push(read(openingRecord, key, text)),
  // The numbers of an opening stand in the opening itself, those of a claim in the claim.
  opens: touchedOnly,
  claims: touchedOnly,
  ends: (_to, key, text, parts) => parts.ends.push(read(endsRecord, key, text)),
  claim: (to, key, text) => to.claims.push(read(claimRecord, key, text)),
  batch: (to, key, text, parts) => {
    const record = read(batchRecord, key, text);
    to.batches.set(key, record);
    parts.batchId = record.batchId;
  },
  meterBook: touchedOnly,
  exposures: touchedOnly,
  revocations: touchedOnly,
  notes: touchedOnly,
  invoice: (to, key, text) => to.invoices.set(key, read(invoiceRecord, key, text)),
  lastInvoiced: (to, key, text) => to.lastInvoiced.set(key, read(lastInvoicedRecord, key, text)),
  dispute: (to, key, text) => to.disputes.set(key, read(disputeRecord, key, text)),
  credit: (to, key, text) => to.credits.set(key, read(creditRecord, key, text)),
  charge: (to, key, text) => to.charges.set(key, read(chargeRecord, key, text)),
  reservation: (to, key, text) => to.reservations.set(key, read(reservationRecord, key, text)),
  allocation: (to, key, text) => to.allocations.set(key, read(allocationRecord, key, text)),
  allocatedUntil: touchedOnly,
  tamper: (to, key, text) => to.tampering.push(read(tamperRecord, key, text)),
  tamperCount: touchedOnly,
  house: (to, key, text) => to.houses.set(key, read(houseRecord, key, text)),
  houseBatch: (to, key, text) => to.houseBatches.push(read(houseBatchRecord, key, text)),
  houseChain: touchedOnly,
  panelKey: touchedOnly,
  creditGrant: touchedOnly,
  creditMove: touchedOnly,
  energyCredit: (to, key, text) => to.energyCredits.set(key, read(energyCreditRecord, key, text)),
  flexHouse: flexibility(flexHouseRecord),
  flexDay: flexibility(flexDayRecord),
  flexEvent: flexibility(flexEventRecord),
  flexSettlement: flexibility(flexSettlementRecord),
  flexUntil: touchedOnly,
  flexCalled: touchedOnly,
  // What is taken stands in the reservations.
  slot: touchedOnly,
  missing: (to, key, text) => to.missing.set(key, read(missingRecord, key, text)),
  netting: (to, key, text) => to.nettings.set(key, read(nettingRecord, key, text)),
  payment: (to, key, text) => to.payments.set(key, read(paymentRecord, key, text)),
  pairPeriod: settlement(pairPeriodRecord),
  period: settlement(periodRecord),
  position: settlement(positionRecord),
  carry: settlement(carryRecord),
  default: settlement(defaultRecord),
  onAccount: settlement(onAccountRecord),
  unmatched: settlement(unmatchedRecord),
  demand: (to, key, text) => to.demand.push(read(demandChunkRecord, key, text)),
  generator: touchedOnly,
  certificate: (to, key, text) => to.certificates.push(read(certificateRecord, key, text)),
  holding: (to, key, text) => to.holdings.set(key, read(holdingRecord, key, text)),
  vote: touchedOnly,
};

const unpacked = (key: string, text: string): readonly string[] => {
  const bodies = unpackBodies(text);
  if (!bodies.ok) throw new RecordUnreadable(`${key}: ${bodies.error.message}`);
  return bodies.value;
};

const privateCollectors: Readonly<Record<string, Collector>> = {
  terms: (to, key, text) => {
    const terms = body(agreementTerms, key, text);
    to.terms.set(key, { version: Number(lastPart(key)), body: terms });
  },
  header: (to, key, text) => to.batchHeaders.set(lastPart(key), body(batchHeader, key, text)),
  batch: (_to, key, text, parts) => {
    parts.texts = unpacked(key, text);
  },
  openings: (_to, key, text, parts) => {
    parts.ways = unpacked(key, text);
  },
  notes: (to, key, text) => {
    const notes = unpacked(key, text).map((note) => read(sessionNote, key, note));
    to.notes.push({ noteId: lastPart(key), notes });
  },
  invoice: (to, key, text) => to.invoiceBodies.set(lastPart(key), text),
  payable: (to, key, text) => to.payables.set(lastPart(key), text),
  balance: (to, key, text) => to.pairBalances.set(key, text),
  credit: (to, key, text) => to.creditBodies.set(lastPart(key), text),
  charge: (to, key, text) => to.chargeBodies.set(lastPart(key), text),
  reservation: (to, key, text) => to.reservationBodies.set(lastPart(key), text),
  allocation: (to, key, text) => to.allocationHeaders.set(lastPart(key), text),
  allocatedSlots: (to, key, text) => to.allocatedSlots.set(lastPart(key), text),
  houseBatch: (to, key, text) => to.houseHeaders.set(lastParts(key), text),
  houseEntries: (to, key, text) => to.houseEntries.set(lastParts(key), text),
  flexHouse: flexBody,
  flexDay: flexBody,
  flexEvent: flexBody,
  flexSettlement: flexBody,
  reservationUse: (to, key, text) => to.reservationUses.set(lastPart(key), text),
  dispute: disputeText('dispute'),
  answer: disputeText('answer'),
  revision: disputeText('revision'),
};

/** Whose bodies a private key is of. */
const PURGED: Readonly<Record<string, keyof BlockChanges['purged']>> = {
  notes: 'noteIds',
  dispute: 'disputeIds',
  batch: 'batchIds',
  header: 'batchIds',
  openings: 'batchIds',
  reservation: 'reservationIds',
  reservationUse: 'reservationIds',
  allocation: 'allocationIds',
  allocatedSlots: 'allocationIds',
  houseBatch: 'houseBatches',
  houseEntries: 'houseBatches',
};

/** Private bodies go when their time is over; nothing else is ever deleted. */
const purge = ({ purged }: BlockChanges, key: string): void => {
  const name = PURGED[kindOf(key)];
  if (name !== undefined) purged[name].add(name === 'houseBatches' ? lastParts(key) : lastPart(key));
};

const kindOf = (key: string): string => key.slice(0, key.indexOf(':'));

/** Puts together what a valid transaction did to sessions, as the block stood by then. */
const assemble = (
  changes: BlockChanges,
  { ends, batchId, texts, ways }: TransactionParts,
  txIndex: number,
): void => {
  for (const record of ends) changes.ends.push({ record, txIndex, batchId });
  if (texts === undefined) return;
  const batch = batchId === undefined ? undefined : changes.batches.get(stateKey.batch(batchId));
  if (batch === undefined || ways?.length !== texts.length)
    throw new RecordUnreadable(`transaction ${txIndex} settles sessions without their batch or openings`);
  changes.settled.push({
    batch,
    texts,
    ways,
    agreement: changes.agreements.get(stateKey.agreement(batch.agreementId)),
    demandChunks: changes.demand.length,
  });
};

const collectTransaction = (changes: BlockChanges, transaction: BlockTransaction): void => {
  const parts: TransactionParts = { ends: [], batchId: undefined, texts: undefined, ways: undefined };
  for (const { key, value } of transaction.writes) {
    const collect = publicCollectors[kindOf(key)];
    if (collect === undefined) continue;
    changes.touched.push({ key, txIndex: transaction.index });
    if (!transaction.valid) continue;
    if (value === undefined) throw new RecordUnreadable(`${key} was deleted, which no contract does`);
    collect(changes, key, value, parts);
  }
  if (!transaction.valid) return;
  for (const { key, value } of transaction.privateWrites) {
    if (value === undefined) purge(changes, key);
    else privateCollectors[kindOf(key)]?.(changes, key, value, parts);
  }
  assemble(changes, parts, transaction.index);
};

/** What a block changes. Invalid transactions change nothing, but it is kept which records they meant to write. */
export const collectChanges = (block: LedgerBlock): BlockChanges => {
  const changes = noChanges(block);
  for (const transaction of block.transactions) collectTransaction(changes, transaction);
  return changes;
};
