import { z } from 'zod';
import { instantMs, recordId, sha256Hex, utilityId } from '../codec/scalars.ts';
import { houseBatchRef } from '../energy/house-record.ts';
import { commandId, LEDGER_LIMITS } from './envelope.ts';
import { laneId, sessionId, sessionNumber } from './lane.ts';
import { bitsText } from './number-bits.ts';
import { inclusionPath } from './session-proofs.ts';
import { batchHeader } from './session.ts';

const pair = { vun: utilityId, hun: utilityId, agreementId: recordId };
const count = z.int().min(1).max(LEDGER_LIMITS.batchItems);
/** Numbers as a first one and bits from it on. */
const numbers = { first: sessionNumber, bits: bitsText };

/**
 * `session` contract. Roles station and aaa of the VUN. Private bodies travel in transient data, never in arguments or
 * results.
 */
export const sessionCommands = {
  /** Commits to sessions that opened: one root over their open bodies' hashes, in the order of their numbers. */
  open: z.strictObject({
    commandId,
    ...pair,
    laneId,
    /** Running number of the lane's openings. */
    slot: z.int().min(1),
    root: sha256Hex,
    count,
    ...numbers,
  }),
  /** Notes on running sessions. Transient `notes`: packed SessionNote, as many as `count`; `notesHash`: of their packed text. */
  record: z.strictObject({
    commandId,
    ...pair,
    laneId,
    /** Openings of the sessions: slot by slot, which numbers are noted. */
    openings: z
      .array(z.strictObject({ slot: z.int().min(1), ...numbers }))
      .min(1)
      .max(LEDGER_LIMITS.batchItems),
    notesHash: sha256Hex,
    count,
  }),
  /**
   * Closes sessions. Transient `sessions`: packed settled sessions (see `settledText`) in sequence order; `openings`:
   * packed OpeningProof, one a session in the same order; `proofs`: SettleProofs; `header`: BatchHeader; `terms`. The
   * batch bears the command's id.
   */
  settle: z.strictObject({
    commandId,
    ...pair,
    laneId,
    headerHash: sha256Hex,
    merkleRoot: sha256Hex,
    fromSequence: z.int().min(1),
    count,
  }),
  /**
   * States the ends of sessions that cannot be settled now because the home utility's peer is away: their root, by the
   * visited utility alone, within the agreed bound. They can be settled later and do not expire.
   */
  claim: z.strictObject({ commandId, ...pair, laneId, root: sha256Hex, count, ...numbers }),
  /** A session that never charged, or that cannot be billed. */
  void: z.strictObject({
    commandId,
    ...pair,
    laneId,
    number: sessionNumber,
    /** `vanished`: its station never brought an end. `refused`: the contracts took its end no more. */
    reason: z.enum(['not-started', 'operator', 'fault', 'unbillable', 'vanished', 'refused']),
  }),
  /**
   * A session whose end never came. By a party: the visited utility once its time is over, the home utility after
   * `expiryGraceMs` more. Transient `open`: its SessionOpenBody, `proof`: OpeningProof, `terms`.
   */
  expire: z.strictObject({ commandId, ...pair, laneId, number: sessionNumber }),
  /** Role aaa of the HUN: nothing opens under the profile, of that lane and end, from now on. */
  revoke: z.strictObject({
    commandId,
    hun: utilityId,
    laneId,
    profileId: recordId,
    validUntilMs: instantMs,
  }),
  /**
   * Removes the caller's own private bodies of batches, notes, disputes, reservations and divisions of sites' power that are older than
   * the agreed term. Transient `terms`.
   */
  purge: z.strictObject({
    commandId,
    ...pair,
    batchIds: z.array(recordId).max(LEDGER_LIMITS.batchItems),
    noteIds: z.array(recordId).max(LEDGER_LIMITS.batchItems),
    disputeIds: z.array(sha256Hex).max(LEDGER_LIMITS.batchItems),
    reservationIds: z.array(recordId).max(LEDGER_LIMITS.batchItems).exactOptional(),
    allocationIds: z.array(recordId).max(LEDGER_LIMITS.batchItems).exactOptional(),
    /** Batches of houses, and houses whose pseudonym is over. */
    houseBatches: z.array(houseBatchRef).max(LEDGER_LIMITS.batchItems).exactOptional(),
    houseRefs: z.array(sha256Hex).max(LEDGER_LIMITS.batchItems).exactOptional(),
  }),
} as const;

export const sessionQueries = {
  /** A number's state: `sessionState`. */
  get: z.strictObject({ sessionId }),
  getBatch: z.strictObject({ batchId: recordId }),
  /** One settled session from the caller's own collection with its path to the batch's root: `settledSession`. */
  getClosed: z.strictObject({ batchId: recordId, sessionId }),
  /** Every settled session of a batch from the caller's own collection: `batchBodies`. */
  getBatchBodies: z.strictObject({ batchId: recordId }),
} as const;

/** What `getClosed` answers. `body` is the text that is hashed. */
export const settledSession = z.strictObject({
  body: z.string(),
  header: batchHeader,
  proof: inclusionPath,
});
export type SettledSession = z.infer<typeof settledSession>;

/** What `getBatchBodies` answers: texts of settled sessions, in sequence order. */
export const batchBodies = z.strictObject({ header: batchHeader, bodies: z.array(z.string()) });
export type BatchBodies = z.infer<typeof batchBodies>;
