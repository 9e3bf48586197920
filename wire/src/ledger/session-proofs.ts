import { z } from 'zod';
import {
  energyMilliWhCodec,
  energyWhCodec,
  instantMs,
  naturalMicrosCodec,
  recordId,
  salt,
  sha256Hex,
} from '../codec/scalars.ts';
import { LEDGER_LIMITS } from './envelope.ts';
import { exposureBookName, exposureBookText } from './exposure-book.ts';
import { sessionId } from './lane.ts';

/** What a settle stands on besides its sessions: ways to roots, registers and sums before it; and notes on running sessions. */

/** Where a body lies in a tree: siblings from leaf to root. Spec: RFC 6962 §2.1.1. */
export const inclusionPath = z.strictObject({
  index: z.int().min(0),
  size: z.int().min(1).max(LEDGER_LIMITS.batchItems),
  path: z.array(sha256Hex).max(16),
});
export type InclusionPath = z.infer<typeof inclusionPath>;

/** That a session's opening is on the ledger: the opening's slot in the lane, and the way to its root. */
export const openingProof = z.strictObject({ slot: z.int().min(1), ...inclusionPath.shape });
export type OpeningProof = z.infer<typeof openingProof>;

/** That a session's end was claimed in time. */
export const claimProof = z.strictObject({ claimId: recordId, ...inclusionPath.shape });
export type ClaimProof = z.infer<typeof claimProof>;

/** What a meter had counted when its last settled session ended. */
export const meterEntry = z.strictObject({ endMs: instantMs, registerMilliWh: energyMilliWhCodec, salt });
export type MeterEntry = z.infer<typeof meterEntry>;

/** The meters of a lane's group: each key's id and the hash of its entry, in the order of ids. */
export const meterBook = z
  .array(z.tuple([z.string().regex(/^[0-9a-f]{32}$/), sha256Hex]))
  .max(LEDGER_LIMITS.metersPerGroup);
export type MeterBook = z.infer<typeof meterBook>;

/** What was closed under one kept profile. */
export const profileSpent = z.strictObject({
  micros: naturalMicrosCodec,
  sessions: z.int().min(1),
  /** Of an offline token, whose energy is limited too. */
  energyWh: energyWhCodec.exactOptional(),
  salt,
});
export type ProfileSpent = z.infer<typeof profileSpent>;

/** Earlier facts that a settle stands on; they travel beside it and are not kept. */
export const settleProofs = z.strictObject({
  /** By session id, of sessions that are settled after their bound. */
  claims: z.record(sessionId, claimProof).exactOptional(),
  meterBook,
  /** By meter key id: earlier entries of the batch's meters. */
  meters: z.record(z.string(), meterEntry),
  /** The books of the batch's kept profiles; a new one is empty. */
  exposures: z.record(exposureBookName, exposureBookText),
  /** By profile id: what was spent under the batch's profiles before; null, nothing. */
  spent: z.record(recordId, profileSpent.nullable()),
});
export type SettleProofs = z.infer<typeof settleProofs>;

/** A note on a running session, in both parties' private bodies: interim reading and state of charge. */
export const sessionNote = z.strictObject({
  sessionId,
  /** 0 at the start, then the number of the report, and last one more. */
  sequence: z.int().min(0),
  atMs: instantMs,
  registerMilliWh: energyMilliWhCodec,
  /** Parts per million of the battery's capacity; absent when the car does not tell. */
  socPpm: z.int().min(0).max(1_000_000).exactOptional(),
  salt,
});
export type SessionNote = z.infer<typeof sessionNote>;
