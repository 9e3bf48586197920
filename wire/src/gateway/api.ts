/** What a gateway serves to its own utility's services, to operators and to auditors. */
import { z } from 'zod';
import { instantMs, recordId, sha256Hex, utilityId } from '../codec/scalars.ts';
import { agreementRecord, agreementTerms, stationRecord, utilityRecord } from '../ledger/consortium.ts';
import { batchRecord, cdr, sessionRecord } from '../ledger/session.ts';
import { invoiceBody, invoiceRecord } from '../ledger/clearing.ts';

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

/** `GET /internal/v1/registry/stations/{stationId}` */
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
