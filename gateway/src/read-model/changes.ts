import type {
  AgreementRecord,
  AgreementTerms,
  BatchHeader,
  BatchRecord,
  InvoiceRecord,
  LastInvoicedRecord,
  NettingRecord,
  SessionCloseBody,
  SessionEnd,
  SessionOpenBody,
  SessionRecord,
  SocChunkRecord,
  StationRecord,
  TariffBindingRecord,
  TariffRecord,
  UtilityRecord,
  DemandChunkRecord,
} from '@roamgrid/wire';
import type { LedgerBlock } from '../ledger/ledger.ts';

/** A private body as the ledger holds it, and decoded. */
export interface BodyOf<T> {
  readonly text: string;
  readonly value: T;
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
  /** By session id, as opened. */
  readonly sessions: Map<string, SessionRecord>;
  readonly sessionEnds: SessionEnd[];
  readonly openBodies: BodyOf<SessionOpenBody>[];
  readonly batches: Map<string, BatchRecord>;
  readonly batchHeaders: Map<string, BodyOf<BatchHeader>>;
  readonly closeBodies: Map<
    string,
    { readonly batchId: string; readonly bodies: readonly BodyOf<SessionCloseBody>[] }
  >;
  readonly invoices: Map<string, InvoiceRecord>;
  readonly invoiceBodies: Map<string, string>;
  readonly payables: Map<string, string>;
  readonly lastInvoiced: Map<string, LastInvoicedRecord>;
  readonly nettings: Map<string, NettingRecord>;
  readonly demand: DemandChunkRecord[];
  readonly soc: SocChunkRecord[];
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
  sessions: new Map(),
  sessionEnds: [],
  openBodies: [],
  batches: new Map(),
  batchHeaders: new Map(),
  closeBodies: new Map(),
  invoices: new Map(),
  invoiceBodies: new Map(),
  payables: new Map(),
  lastInvoiced: new Map(),
  nettings: new Map(),
  demand: [],
  soc: [],
  touched: [],
});
