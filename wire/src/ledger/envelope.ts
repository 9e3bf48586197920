import { z } from 'zod';
import { recordId, sha256Hex } from '../codec/scalars.ts';

/**
 * Roles that a certificate's `role` attribute may give (the Fabric CA attribute extension).
 * `station` acts for chargers, `aaa` accounts and invoices, `operator` signs for the utility,
 * `grid-operator` reports demand, `registrar` certifies generation, `auditor` reads.
 */
export const role = z.enum(['station', 'aaa', 'operator', 'auditor', 'grid-operator', 'registrar']);
export type Role = z.infer<typeof role>;

/** Why a contract refuses. The chaincode's message is `CODE: text`. */
export const ledgerErrorCode = z.enum([
  'INVALID_ARGUMENT', // the command does not match its schema, or a rule that needs no state
  'FORBIDDEN', // caller's organisation or role may not do this
  'NOT_FOUND', // a record that the command names does not exist
  'CONFLICT', // the id is taken by different content
  'WRONG_STATE', // the record's life does not allow this step
  'EXPIRED', // registration, agreement, quote or authorisation is out of its time
  'BAD_SIGNATURE', // a signature inside the command does not verify
  'HASH_MISMATCH', // a private body does not hash to what the ledger holds
  'OUTSIDE_AGREEMENT', // a tariff, adjustment or total outside the bilateral limits
  'OVER_CAP', // a bill above the consented cap
  'OVER_EXPOSURE', // more under one kept profile than it allows
  'REVOKED', // a profile that the home utility had revoked
  'OVERLAP', // energy or time of a meter that was billed already, or an outlet's time that is booked
  'CDR_MISMATCH', // the CDR is not what the meter values and the tariff give
  'SEQUENCE_GAP', // CDR numbers of the pair are not contiguous
  'NOT_BALANCED', // positions or shares do not add up
  'CLOCK_SKEW', // a stated time lies after the transaction's, or the transaction's too far from the endorser's clock
  'TOO_LARGE', // a batch above its limit
]);
export type LedgerErrorCode = z.infer<typeof ledgerErrorCode>;

/** Every command carries one; telling the same command twice changes nothing and returns the first answer. */
export const commandId = recordId;

/** What a command returns. Return values stand in the block, so they hold ids and hashes only. */
export const commandReceipt = z.strictObject({
  commandId,
  /** SHA-256 of the command's canonical JSON (transient bodies are bound to it by their hashes). */
  inputHash: sha256Hex,
  /**
   * Keys of the public records that the command wrote, its own record left out, and bits of numbers, which the command
   * names.
   */
  wrote: z.array(z.string()).max(2_000),
});
export type CommandReceipt = z.infer<typeof commandReceipt>;

/** How a command's first answer is kept, so that telling it again finds it. */
export const commandRecord = z.strictObject({
  type: z.literal('command'),
  version: z.literal(1),
  /** `contract.transaction`: one id cannot serve two verbs. */
  verb: z.string(),
  receipt: commandReceipt,
});
export type CommandRecord = z.infer<typeof commandRecord>;

/** A page of a list query's answer; an empty bookmark says that it was the last. */
export const recordPage = <T extends z.ZodType>(record: T) =>
  z.strictObject({ records: z.array(record), bookmark: z.string() });

/** Limits that every contract states and checks. */
export const LEDGER_LIMITS = {
  /** Items in one batch. */
  batchItems: 500,
  /** Bytes of one command's arguments and transient data together. */
  commandBytes: 3_000_000,
  /** Bytes that one list of packed bodies may have when it is unpacked. */
  unpackedBytes: 16_000_000,
  /** How far a transaction's timestamp may lie from the times its command states, ms. */
  clockSkewMs: 5 * 60_000,
  /** Meters in one group of stations. */
  metersPerGroup: 512,
  /** Profiles in one book of exposures, and revocations beside it. */
  profilesPerBook: 4_096,
  /** How soon a utility may let its registration end: longer than anything that it said yes to waits to begin, ms. */
  withdrawalNoticeMs: 24 * 60 * 60_000,
  /** How far a transaction's timestamp may lie from the clock of a host that endorses it, ms: twice the longest endorsement. */
  endorsementSkewMs: 60_000,
  /** Meter readings in one session. */
  readingsPerSession: 2_000,
} as const;
