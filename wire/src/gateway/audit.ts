import { z } from 'zod';
import { channelName, instantMs, publicJwk, recordId, sha256Hex, utilityId } from '../codec/scalars.ts';
import { sessionId } from '../ledger/lane.ts';
import { cdr, rawSignature } from '../ledger/session.ts';
import { LEDGER_LIMITS } from '../ledger/envelope.ts';

/** Files for auditors, as gateways give their parts. Format: docs/audit-bundle.md; who verifies them has readers of his own. */

/** `typ` of what a utility signs of a checkpoint. */
export const CHECKPOINT_TYPE = 'roamgrid-checkpoint+jwt';

const chainState = {
  channel: channelName,
  /** How many blocks it covers. */
  blocks: z.int().min(1),
  /** Of the last block's header. */
  hash: sha256Hex,
  /** Over the blocks' entries. Spec: RFC 6962 §2.1. */
  root: sha256Hex,
};

/** A utility's word for a checkpoint: its signature over the state of the chain and these facts. */
export const checkpointSignature = z.strictObject({
  iss: utilityId,
  key: publicJwk,
  signedAtMs: instantMs,
  signature: rawSignature,
});

/** `GET /auditor/v1/checkpoint?blocks=`: the state after so many blocks; after all that this utility has read, without. */
export const signedChainState = z.strictObject({ ...chainState, signature: checkpointSignature });
export type SignedChainState = z.output<typeof signedChainState>;

/** The file: what several utilities vouch for. */
export const auditCheckpoint = z.strictObject({
  format: z.literal('roamgrid-checkpoint'),
  version: z.literal(1),
  ...chainState,
  signatures: z.array(checkpointSignature).min(1).max(200),
});
export type AuditCheckpoint = z.output<typeof auditCheckpoint>;

const base64 = z.base64();

/** A transaction by where it stands. */
const place = z.strictObject({ block: z.int().min(0), tx: z.int().min(0) });

const way = {
  index: z.int().min(0),
  size: z.int().min(1).max(LEDGER_LIMITS.batchItems),
  path: z.array(sha256Hex).max(16),
};

const bundledBlock = z.strictObject({
  number: z.int().min(0),
  previousHash: z.string(),
  envelopes: z.array(base64),
  /** Of block 0 nothing. */
  codes: base64,
  /** The `Metadata` message with the ordering nodes' signatures. */
  signatures: base64,
  /** To the checkpoint's root. */
  path: z.array(sha256Hex).max(64),
});
export type BundledBlock = z.output<typeof bundledBlock>;

/** `GET /auditor/v1/bundles/{sessionId}?blocks=`: one bill with everything that proves it, where this utility is a party. */
export const auditBundle = z.strictObject({
  format: z.literal('roamgrid-bundle'),
  version: z.literal(1),
  channel: channelName,
  sessionId,
  blocks: z.array(bundledBlock),
  /** The transaction that settled the session. */
  settle: place,
  bodies: z.strictObject({
    settled: z.string(),
    header: z.string(),
    terms: z.string(),
    openingWay: z.strictObject({ slot: z.int().min(1), ...way }),
    batchWay: z.strictObject(way),
    /** Of one that was settled after its bound: the claim of its end, and the way to its root. */
    claimWay: z.strictObject({ claimId: recordId, ...way }).exactOptional(),
  }),
  cdr,
  /** Once the batch is invoiced: the invoice, and the transactions that it went through. */
  clearing: z
    .strictObject({
      body: z.string(),
      steps: z.array(place),
      /** Of a record that home did not accept: its dispute, the answer, the body of the invoice on which it came back. */
      dispute: z
        .strictObject({
          body: z.string(),
          answer: z.string().exactOptional(),
          supplement: z.string().exactOptional(),
          /** Of one contested after its invoice was accepted: the body of the credit note. */
          credit: z.string().exactOptional(),
        })
        .exactOptional(),
    })
    .exactOptional(),
});
export type AuditBundle = z.output<typeof auditBundle>;

/** `GET /auditor/v1/blocks?from=`: the channel's blocks as `Block` messages, as many as fit one answer. */
export const auditedBlocks = z.strictObject({
  blocks: z.array(base64),
  /** Number of the next one; absent after the last. */
  next: z.int().min(1).exactOptional(),
});

export type AuditedBlocks = z.output<typeof auditedBlocks>;

const pageOf = <T extends z.ZodType>(item: T) =>
  z.strictObject({
    items: z.array(item),
    /** Absent on the last page. */
    cursor: z.string().exactOptional(),
  });

/** `GET /auditor/v1/bodies/batches`: what this utility knows of its batches. */
export const hashedBatch = z.strictObject({
  batchId: recordId,
  header: z.string(),
  /** Settled texts in the order of their records. */
  sessions: z.array(z.string()),
  /** The way of each to its opening, in the same order. */
  openings: z.array(z.string()),
});
export type HashedBatch = z.output<typeof hashedBatch>;
export const hashedBatchPage = pageOf(hashedBatch);

/** `GET /auditor/v1/bodies/invoices`. */
export const hashedInvoicePage = pageOf(z.strictObject({ invoiceId: recordId, body: z.string() }));

/** `GET /auditor/v1/bodies/reservations`, `/allocations` (slots in their order), `/charges`. */
export const hashedReservationPage = pageOf(z.strictObject({ reservationId: recordId, body: z.string() }));
export const hashedAllocationPage = pageOf(
  z.strictObject({ batchId: recordId, header: z.string(), slots: z.array(z.string()) }),
);
/** `GET /auditor/v1/bodies/flexibility`: of houses' days, events and settlements, by the hash that the record has. */
export const hashedFlexibilityPage = pageOf(z.strictObject({ bodyHash: sha256Hex, body: z.string() }));
export const hashedChargePage = pageOf(z.strictObject({ chargeId: recordId, body: z.string() }));

/** `GET /auditor/v1/bodies/terms`: of each agreement all that were signed. */
export const hashedTerms = z.strictObject({
  items: z.array(z.strictObject({ agreementId: recordId, version: z.int().min(1), body: z.string() })),
});
