import type {
  AllocationRecord,
  AgreementRecord,
  AgreementTerms,
  BatchHeader,
  BatchRecord,
  CertificateRecord,
  ChargeRecord,
  ClaimRecord,
  CreditRecord,
  DemandChunkRecord,
  DisputeRecord,
  EndsRecord,
  EnergyCreditRecord,
  HoldingRecord,
  HouseBatchRecord,
  HouseRecord,
  InvoiceRecord,
  LastInvoicedRecord,
  MissingRecord,
  NettingRecord,
  OpeningRecord,
  PaymentRecord,
  FlexDayRecord,
  FlexEventRecord,
  FlexHouseRecord,
  FlexSettlementRecord,
  ReservationRecord,
  SessionNote,
  StationRecord,
  TamperRecord,
  TariffBindingRecord,
  TariffRecord,
  UtilityRecord,
} from '@roamgrid/wire';
import type { LedgerBlock } from '../ledger/ledger.ts';

/** A private body as the ledger holds it, and decoded. */
export interface BodyOf<T> {
  readonly text: string;
  readonly value: T;
}

/** What one transaction did to the ends of a lane's range. */
export interface EndsChange {
  readonly record: EndsRecord;
  readonly txIndex: number;
  /** The batch that the same transaction wrote: what it closed is in there. */
  readonly batchId: string | undefined;
}

/**
 * A batch of settled sessions, with what its transaction could see of its own block: contracts computed its records from
 * the state before it, and what comes later in the block is not for it.
 */
export interface SettledBatch {
  readonly batch: BatchRecord;
  /** Texts of the settled sessions, and of the ways to their openings, in the batch's order. */
  readonly texts: readonly string[];
  readonly ways: readonly string[];
  /** The agreement, when the block had changed it by then. */
  readonly agreement: AgreementRecord | undefined;
  /** How many of the block's chunks of demand were there by then. */
  readonly demandChunks: number;
}

/** A record whose rows differ by their kind alone. */
export interface SettlementRecord {
  readonly kind: string;
  readonly periodId: string | undefined;
  readonly text: string;
}

/** A house, a day of its meter, an event, or what a day comes to. */
export interface FlexRecord {
  readonly kind: string;
  readonly record: FlexHouseRecord | FlexDayRecord | FlexEventRecord | FlexSettlementRecord;
  readonly text: string;
}

/** A private body of a dispute. */
export interface DisputeText {
  readonly disputeId: string;
  readonly kind: 'dispute' | 'answer' | 'revision';
  readonly text: string;
}

/** Private bodies that this utility removed from its collection. */
export interface Purged {
  readonly batchIds: Set<string>;
  readonly noteIds: Set<string>;
  readonly disputeIds: Set<string>;
  readonly reservationIds: Set<string>;
  /** Batches of slots in which sites divided their power. */
  readonly allocationIds: Set<string>;
  /** `<house>:<number>` */
  readonly houseBatches: Set<string>;
}

/** What one block changes, latest value of each record; the same object feeds the rows and the registry in memory. */
export interface BlockChanges {
  readonly block: LedgerBlock;
  readonly utilities: Map<string, UtilityRecord>;
  readonly stations: Map<string, StationRecord>;
  readonly agreements: Map<string, AgreementRecord>;
  readonly terms: Map<string, { readonly version: number; readonly body: BodyOf<AgreementTerms> }>;
  readonly tariffs: Map<string, TariffRecord>;
  readonly bindings: Map<string, TariffBindingRecord>;
  readonly openings: OpeningRecord[];
  /** In the order of the chain. */
  readonly ends: EndsChange[];
  readonly claims: ClaimRecord[];
  readonly batches: Map<string, BatchRecord>;
  readonly batchHeaders: Map<string, BodyOf<BatchHeader>>;
  readonly settled: SettledBatch[];
  readonly notes: { readonly noteId: string; readonly notes: readonly SessionNote[] }[];
  readonly purged: Purged;
  readonly invoices: Map<string, InvoiceRecord>;
  readonly invoiceBodies: Map<string, string>;
  readonly payables: Map<string, string>;
  readonly lastInvoiced: Map<string, LastInvoicedRecord>;
  readonly disputes: Map<string, DisputeRecord>;
  readonly disputeBodies: DisputeText[];
  readonly missing: Map<string, MissingRecord>;
  readonly credits: Map<string, CreditRecord>;
  readonly creditBodies: Map<string, string>;
  readonly charges: Map<string, ChargeRecord>;
  readonly chargeBodies: Map<string, string>;
  readonly reservations: Map<string, ReservationRecord>;
  /** By reservation; the text as it was hashed. */
  readonly reservationBodies: Map<string, string>;
  readonly reservationUses: Map<string, string>;
  readonly allocations: Map<string, AllocationRecord>;
  /** By batch: header and packed slots as they were hashed. */
  readonly allocationHeaders: Map<string, string>;
  readonly allocatedSlots: Map<string, string>;
  /** Houses, their days, events and settlements, by their keys. */
  readonly flexibility: Map<string, FlexRecord>;
  readonly flexBodies: Map<string, string>;
  readonly tampering: TamperRecord[];
  readonly houses: Map<string, HouseRecord>;
  readonly houseBatches: HouseBatchRecord[];
  /** By `<house>:<number>`: header and packed entries as they were hashed. */
  readonly houseHeaders: Map<string, string>;
  readonly houseEntries: Map<string, string>;
  readonly energyCredits: Map<string, EnergyCreditRecord>;
  readonly nettings: Map<string, NettingRecord>;
  readonly payments: Map<string, PaymentRecord>;
  /** Other records of nettings, by their keys. */
  readonly settlement: Map<string, SettlementRecord>;
  readonly pairBalances: Map<string, string>;
  readonly demand: DemandChunkRecord[];
  readonly certificates: CertificateRecord[];
  readonly holdings: Map<string, HoldingRecord>;
  readonly touched: { readonly key: string; readonly txIndex: number }[];
}

export const noChanges = (block: LedgerBlock): BlockChanges => ({
  block,
  utilities: new Map(),
  stations: new Map(),
  agreements: new Map(),
  terms: new Map(),
  tariffs: new Map(),
  bindings: new Map(),
  openings: [],
  ends: [],
  claims: [],
  batches: new Map(),
  batchHeaders: new Map(),
  settled: [],
  notes: [],
  purged: {
    batchIds: new Set(),
    noteIds: new Set(),
    disputeIds: new Set(),
    reservationIds: new Set(),
    allocationIds: new Set(),
    houseBatches: new Set(),
  },
  invoices: new Map(),
  invoiceBodies: new Map(),
  payables: new Map(),
  lastInvoiced: new Map(),
  disputes: new Map(),
  disputeBodies: [],
  missing: new Map(),
  credits: new Map(),
  creditBodies: new Map(),
  charges: new Map(),
  chargeBodies: new Map(),
  reservations: new Map(),
  reservationBodies: new Map(),
  reservationUses: new Map(),
  allocations: new Map(),
  allocationHeaders: new Map(),
  allocatedSlots: new Map(),
  flexibility: new Map(),
  flexBodies: new Map(),
  tampering: [],
  houses: new Map(),
  houseBatches: [],
  houseHeaders: new Map(),
  houseEntries: new Map(),
  energyCredits: new Map(),
  nettings: new Map(),
  payments: new Map(),
  settlement: new Map(),
  pairBalances: new Map(),
  demand: [],
  certificates: [],
  holdings: new Map(),
  touched: [],
});
