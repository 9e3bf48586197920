import { z } from 'zod';
import { instantMs, recordId, sha256Hex, utilityId } from '../codec/scalars.ts';
import { commandId } from './envelope.ts';

/**
 * What the channel sees of a session. Stored as it was opened; `session.get` and every reader answer it with its
 * {@link sessionEnd}, see {@link endedSession}.
 */
export const sessionRecord = z.strictObject({
  type: z.literal('session'),
  version: z.int().min(1),
  sessionId: recordId,
  state: z.enum(['opened', 'closed', 'voided', 'expired']),
  vun: utilityId,
  hun: utilityId,
  agreementId: recordId,
  openHash: sha256Hex,
  /** Command that opened it: names the private array that has its body. */
  openingId: commandId,
  openedAtMs: instantMs,
  /** After this instant an opened session can be expired. */
  expiresAtMs: instantMs,
  /** Present once closed. */
  closeHash: sha256Hex.exactOptional(),
  batchId: recordId.exactOptional(),
});
export type SessionRecord = z.infer<typeof sessionRecord>;

/**
 * How a session ended. A key of its own: writing the session's record again would make each peer check that record's
 * endorsement policy by itself, once a session instead of once a batch.
 */
export const sessionEnd = z.strictObject({
  type: z.literal('sessionEnd'),
  version: z.literal(1),
  sessionId: recordId,
  state: z.enum(['closed', 'voided', 'expired']),
  /** Of a closed session. */
  closeHash: sha256Hex.exactOptional(),
  batchId: recordId.exactOptional(),
});
export type SessionEnd = z.infer<typeof sessionEnd>;

/** A session as it stands, from its record and its end. */
export const endedSession = (opened: SessionRecord, end: SessionEnd | undefined): SessionRecord => {
  if (end === undefined) return opened;
  const { state, closeHash, batchId } = end;
  return {
    ...opened,
    version: opened.version + end.version,
    state,
    ...(closeHash !== undefined && { closeHash }),
    ...(batchId !== undefined && { batchId }),
  };
};

/** Hash of an interim reading of a running session; the caller salts the reading. */
export const interimRecord = z.strictObject({
  type: z.literal('interim'),
  version: z.literal(1),
  sessionId: recordId,
  sequence: z.int().min(1),
  readingHash: sha256Hex,
});
export type InterimRecord = z.infer<typeof interimRecord>;

/** What the channel sees of a batch of CDRs. */
export const batchRecord = z.strictObject({
  type: z.literal('batch'),
  version: z.int().min(1),
  batchId: recordId,
  vun: utilityId,
  hun: utilityId,
  agreementId: recordId,
  fromSequence: z.int().min(1),
  toSequence: z.int().min(1),
  merkleRoot: sha256Hex,
  headerHash: sha256Hex,
  /** Set when an invoice takes the batch. */
  invoiceId: recordId.exactOptional(),
});
export type BatchRecord = z.infer<typeof batchRecord>;
