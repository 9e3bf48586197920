/** What a gateway serves to its own utility's services, to operators and to auditors. */
import { z } from 'zod';
import { instantMs, powerWCodec, recordId, sha256Hex, utilityId } from '../codec/scalars.ts';
import { agreementRecord, agreementTerms, stationRecord, utilityRecord } from '../ledger/consortium.ts';
import { cdr } from '../ledger/session.ts';
import { batchRecord, sessionRecord } from '../ledger/session-record.ts';
import { invoiceBody, invoiceRecord, nettingRecord } from '../ledger/clearing.ts';
import { tariffRecord } from '../ledger/tariff.ts';
import { bill, billLine } from '../roaming/aaa.ts';

/** `GET /internal/v1/registry/issuers/{prefix}` (roles router, aaa). */
export const issuerEntry = z.strictObject({
  utility: utilityRecord,
  /** Active agreement between this gateway's utility and the issuer, with its terms, when there is one. */
  agreement: agreementRecord.exactOptional(),
  terms: agreementTerms.exactOptional(),
  /** Block height of the read model when this was true. */
  asOfBlock: z.int().min(0),
});
export type IssuerEntry = z.infer<typeof issuerEntry>;

/** `GET /internal/v1/registry/stations/{stationId}?utilityId=`; of the own utility when none is named. */
export const stationEntry = z.strictObject({ station: stationRecord, asOfBlock: z.int().min(0) });

/** `POST /operator/v1/commands/{contract}/{transaction}` (role operator, grid-operator, aaa by the command). */
export const operatorCommand = z.strictObject({
  /** The command in wire form; its schema is the ledger command's. */
  command: z.record(z.string(), z.unknown()),
  /** Private bodies in wire form by transient name. */
  transient: z.record(z.string(), z.unknown()).exactOptional(),
});
export const operatorReceipt = z.strictObject({
  transactionId: z.string(),
  blockNumber: z.string(),
  wrote: z.array(z.string()),
});

/** `GET /internal/v1/cdrs?role=hun|vun&after=<cursor>&limit=` (role aaa): committed CDRs that concern this utility, in order. */
export const cdrPage = z.strictObject({
  items: z.array(
    z.strictObject({
      cursor: z.string(),
      cdr,
      cinRef: sha256Hex,
      authorisedBy: z.enum(['home', 'cache']),
      batchId: recordId,
      blockNumber: z.string(),
    }),
  ),
  cursor: z.string(),
});

const gridFigure = z.strictObject({ atMs: instantMs, powerW: powerWCodec });
export type GridFigure = z.output<typeof gridFigure>;
/**
 * `GET /internal/v1/grid/areas/{areaId}/figures?fromMs=&untilMs=` (role aaa): what the utility's grid operator recorded
 * of an area: the latest reading that is not after `untilMs`, and the highest from `fromMs` to `untilMs`, both within;
 * of equal ones the earliest. Absent when there is none. Generation is recorded and asked for under an area of its own.
 */
export const gridFigures = z.strictObject({
  latest: gridFigure.exactOptional(),
  highest: gridFigure.exactOptional(),
  /** Block height of the read model when this was true. */
  asOfBlock: z.int().min(0),
});
export type GridFigures = z.output<typeof gridFigures>;

/** `POST /internal/v1/periods/{periodId}/invoices` (role aaa): invoice every utility whose customers charged here. */
export const invoiceRun = z.strictObject({ untilMs: instantMs });
export const invoiceRunAnswer = z.strictObject({
  invoices: z.array(z.strictObject({ record: invoiceRecord, body: invoiceBody })),
});

/** `GET /internal/v1/invoices?role=hun|vun&state=` (role aaa). */
export const invoicePage = z.strictObject({
  invoices: z.array(z.strictObject({ record: invoiceRecord, body: invoiceBody })),
});

/** `GET /auditor/v1/sessions/{sessionId}`: everything to verify one session offline; bodies only where this utility is a party. */
export const sessionEvidence = z.strictObject({
  record: sessionRecord,
  batch: batchRecord.exactOptional(),
  /** Canonical JSON texts: their SHA-256 are the record's hashes. */
  batchHeader: z.string().exactOptional(),
  openBody: z.string().exactOptional(),
  closeBody: z.string().exactOptional(),
  /** Merkle inclusion proof of the close body in the batch: index, size and sibling hashes from leaf to root. */
  proof: z.strictObject({ index: z.int(), size: z.int(), path: z.array(sha256Hex) }).exactOptional(),
  transactions: z.array(
    z.strictObject({ transactionId: z.string(), blockNumber: z.string(), valid: z.boolean() }),
  ),
});
export type SessionEvidence = z.infer<typeof sessionEvidence>;

export const utilityPosition = z.strictObject({ utilityId, netMicros: z.string() });

/* ── Auditor API: lists are pages; `cursor` of one page is `after` of the next, absent on the last. ── */

const page = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), cursor: z.string().exactOptional(), asOfBlock: z.int().min(0) });

/** `GET /auditor/v1/sessions?state=&utilityId=&fromMs=&untilMs=&stationId=&after=&limit=` */
export const auditedSession = z.strictObject({
  record: sessionRecord,
  /** Where this utility is a party. */
  stationId: recordId.exactOptional(),
  cdr: cdr.exactOptional(),
});
export const auditedSessionPage = page(auditedSession);
/** `GET /auditor/v1/utilities`, `/stations`, `/agreements` */
export const auditedUtilityPage = page(utilityRecord);
export const auditedStationPage = page(stationRecord);
export const auditedAgreementPage = page(agreementRecord);
/** `GET /auditor/v1/tariffs?utilityId=&atMs=` */
export const auditedTariff = z.strictObject({ record: tariffRecord, boundUnder: z.array(recordId) });
export const auditedTariffPage = page(auditedTariff);
/** `GET /auditor/v1/batches?utilityId=` */
export const auditedBatchPage = page(batchRecord);
/** `GET /auditor/v1/invoices?state=&utilityId=&periodId=` */
export const auditedInvoice = z.strictObject({ record: invoiceRecord, body: invoiceBody.exactOptional() });
export const auditedInvoicePage = page(auditedInvoice);
/** `GET /auditor/v1/nettings?state=&periodId=` */
export const auditedNettingPage = page(nettingRecord);
/** `GET /auditor/v1/demand?utilityId=&areaId=&fromMs=&untilMs=` */
export const auditedDemandPage = page(
  z.strictObject({
    utilityId,
    areaId: recordId,
    atMs: instantMs,
    intervalMs: z.int(),
    demandW: powerWCodec,
  }),
);
/** `GET /auditor/v1/soc?sessionId=` */
export const auditedSocPage = page(
  z.strictObject({ sessionId: recordId, stationId: recordId, atMs: instantMs, socPpm: z.int() }),
);
/** `GET /auditor/v1/transactions?valid=` */
export const auditedTransactionPage = page(
  z.strictObject({
    transactionId: z.string(),
    blockNumber: z.string(),
    index: z.int(),
    valid: z.boolean(),
    validationCode: z.string(),
    creatorMspId: z.string(),
    atMs: z.int(),
  }),
);

/** Numbers of a pair's CDRs that no batch on the ledger carries, as ranges. */
export const sequenceGap = z.strictObject({
  vun: utilityId,
  hun: utilityId,
  fromSequence: z.int().min(1),
  toSequence: z.int().min(1),
});
/** `GET /auditor/v1/gaps`: what is missing in each pair's numbers, and how far each pair has come. */
export const gapReport = z.strictObject({
  pairs: z.array(z.strictObject({ vun: utilityId, hun: utilityId, lastSequence: z.int() })),
  gaps: z.array(sequenceGap),
  asOfBlock: z.int().min(0),
});
export type GapReport = z.infer<typeof gapReport>;

/** `GET /driver/v1/bills` (access token of the utility's own OpenID provider, scope `bills`) */
export const driverBills = z.strictObject({ bills: z.array(bill) });
/** `GET /driver/v1/sessions`: the sessions of those bills, latest first. */
export const driverSessions = z.strictObject({ sessions: z.array(billLine) });
