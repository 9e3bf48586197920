import { z } from 'zod';
import { instantMs, recordId, sha256Hex, utilityId } from '../codec/scalars.ts';
import { laneId, sessionId, sessionNumber } from './lane.ts';
import { bitsText } from './number-bits.ts';

/**
 * What the channel sees of sessions: roots, and bits that say which numbers of a lane were opened and how they ended.
 * Whatever is known of one session lies in the parties' private bodies, each provable against a root here.
 */

/** One opening of a lane: the root over the open bodies of its sessions. Written once. */
export const openingRecord = z.strictObject({
  type: z.literal('opening'),
  version: z.literal(1),
  laneId,
  agreementId: recordId,
  slot: z.int().min(1),
  root: sha256Hex,
  count: z.int().min(1),
  /** Numbers that it opened. */
  first: sessionNumber,
  bits: bitsText,
  /** Time of the transaction. */
  atMs: instantMs,
});
export type OpeningRecord = z.infer<typeof openingRecord>;

/** Which numbers of a range were opened. */
export const opensRecord = z.strictObject({
  type: z.literal('opens'),
  version: z.int().min(1),
  laneId,
  range: z.int().min(0),
  bits: bitsText,
});
export type OpensRecord = z.infer<typeof opensRecord>;

/**
 * How numbers of a range ended, two bits each: neither, it has not; the first alone, it is closed; the second alone, it
 * is voided; both, it expired. A number with any bit never gets another.
 */
export const endsRecord = z.strictObject({
  type: z.literal('ends'),
  version: z.int().min(1),
  laneId,
  range: z.int().min(0),
  closed: bitsText,
  gone: bitsText,
});
export type EndsRecord = z.infer<typeof endsRecord>;

/** Ends that the visited utility stated in time while the home utility's peer was away. Written once. */
export const claimRecord = z.strictObject({
  type: z.literal('claim'),
  version: z.literal(1),
  claimId: recordId,
  laneId,
  root: sha256Hex,
  count: z.int().min(1),
  first: sessionNumber,
  bits: bitsText,
  atMs: instantMs,
});
export type ClaimRecord = z.infer<typeof claimRecord>;

/** Which numbers of a range are claimed, so that they cannot expire. */
export const claimsRecord = z.strictObject({
  type: z.literal('claims'),
  version: z.int().min(1),
  laneId,
  range: z.int().min(0),
  bits: bitsText,
});

/** Which session a start at a charger without network is booked as: by its number at the outlet, and by the start itself. Written once. */
export const offlineRecord = z.strictObject({ type: z.literal('offline'), version: z.literal(1), sessionId });
export type OfflineSessionRecord = z.infer<typeof offlineRecord>;

/** Hash of the meter book of a group of stations: last registers, salted, so that none is billed twice. */
export const meterBookRecord = z.strictObject({
  type: z.literal('meterBook'),
  version: z.int().min(1),
  bookHash: sha256Hex,
});

/** Hash of a book of what was closed under a lane's kept profiles. */
export const exposuresRecord = z.strictObject({
  type: z.literal('exposures'),
  version: z.int().min(1),
  bookHash: sha256Hex,
});
export type ExposuresRecord = z.infer<typeof exposuresRecord>;

/** Since when profiles of such a book are revoked, by their marks. */
export const revocationsRecord = z.strictObject({
  type: z.literal('revocations'),
  version: z.int().min(1),
  revokedAtMs: z.record(z.string().regex(/^[\w-]{22}$/), instantMs),
});
export type RevocationsRecord = z.infer<typeof revocationsRecord>;

/** What the channel sees of a batch of settled sessions. */
export const batchRecord = z.strictObject({
  type: z.literal('batch'),
  version: z.int().min(1),
  batchId: recordId,
  laneId,
  vun: utilityId,
  hun: utilityId,
  agreementId: recordId,
  fromSequence: z.int().min(1),
  toSequence: z.int().min(1),
  merkleRoot: sha256Hex,
  headerHash: sha256Hex,
  /** Time of the transaction. */
  atMs: instantMs,
  /** Set when an invoice takes the batch. */
  invoiceId: recordId.exactOptional(),
});
export type BatchRecord = z.infer<typeof batchRecord>;

/** Notes on running sessions: their packed text's hash. */
export const notesRecord = z.strictObject({
  type: z.literal('notes'),
  version: z.literal(1),
  laneId,
  agreementId: recordId,
  notesHash: sha256Hex,
  atMs: instantMs,
});

export const sessionEndState = z.enum(['opened', 'closed', 'voided', 'expired']);
export type SessionEndState = z.infer<typeof sessionEndState>;

/** What `session.get` answers: a number's state, from public state alone. */
export const sessionState = z.strictObject({ sessionId, state: sessionEndState });
export type SessionState = z.infer<typeof sessionState>;

/**
 * A session as a reader of blocks knows it: the state of its number, and what put it there. Everything in it follows
 * from public records.
 */
export const sessionRecord = z.strictObject({
  type: z.literal('session'),
  sessionId,
  laneId,
  number: sessionNumber,
  vun: utilityId,
  hun: utilityId,
  agreementId: recordId,
  state: sessionEndState,
  /** The lane's opening that has it, and its block. */
  slot: z.int().min(1),
  /** Time of the opening's transaction, not of the driver's start. */
  openedAtMs: instantMs,
  openedBlock: z.string(),
  /** Block of its end. */
  endedBlock: z.string().exactOptional(),
  /** Of a closed session. */
  batchId: recordId.exactOptional(),
});
export type SessionRecord = z.infer<typeof sessionRecord>;
