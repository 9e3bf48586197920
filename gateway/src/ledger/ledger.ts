import type { CommandReceipt, ContractName, Role } from '@roamgrid/wire';
import type { RetryLimits } from './retry.ts';

/** One command of a contract, ready to go: told again, it is the same. */
export interface LedgerCommand {
  readonly contract: ContractName;
  readonly transaction: string;
  /** Canonical JSON of the command. */
  readonly argument: string;
  /** Canonical JSON texts by name; they never stand in a block. */
  readonly transient?: Readonly<Record<string, string>>;
  /** MSP ids whose peers must endorse; absent: whom the chaincode's policy asks for. */
  readonly endorsers?: readonly string[];
  /** Whose certificate signs. */
  readonly role: Role;
}

export interface LedgerQuery {
  readonly contract: ContractName;
  readonly transaction: string;
  readonly argument: string;
  readonly role: Role;
}

export interface Committed {
  readonly transactionId: string;
  readonly blockNumber: bigint;
  readonly receipt: CommandReceipt;
}

/** A key written by a transaction; no value when it was deleted. */
export interface KeyWrite {
  readonly key: string;
  readonly value: string | undefined;
}

export interface BlockTransaction {
  readonly transactionId: string;
  readonly index: number;
  readonly valid: boolean;
  /** Name of Fabric's validation code, such as `VALID` or `MVCC_READ_CONFLICT`. */
  readonly validationCode: string;
  /** Timestamp of the proposal, ms. */
  readonly atMs: number;
  readonly creatorMspId: string;
  /** Public writes of our chaincode. */
  readonly writes: readonly KeyWrite[];
  /** Writes to the own organisation's implicit collection. */
  readonly privateWrites: readonly KeyWrite[];
}

export interface LedgerBlock {
  readonly number: bigint;
  /** SHA-256 of the header, hex: what the next block names. */
  readonly hash: string;
  readonly previousHash: string;
  /** What a checkpoint's tree has of the block, hex: SHA-256 over the header's hash and the hash of its validation codes. */
  readonly entry: string;
  readonly transactions: readonly BlockTransaction[];
}

/** What a connection is told besides its configuration. */
export interface LedgerOptions {
  /** Time that commands are proposed at; the wall clock's where it gives none. */
  readonly proposalTimeMs?: () => number | undefined;
  /** Called when a command is proposed anew because another transaction was ahead of it. */
  readonly onConflict?: (kind: string) => void;
}

/**
 * A utility's connection to the ledger. Two implementations: peers with the Gateway service, and older ones.
 * Every method throws one of the errors of `errors.ts`.
 */
export interface Ledger {
  /** Endorses, submits and waits for the commit; retries what may be retried, so often as the limits say. */
  submit(command: LedgerCommand, limits?: Partial<RetryLimits>): Promise<Committed>;
  /** The answer of a read-only transaction, as text, from the own organisation's peer. */
  evaluate(query: LedgerQuery): Promise<string>;
  /** How many blocks the own organisation's peer has. */
  height(): Promise<bigint>;
  /** A block as the own organisation's peer has it: bytes of Fabric's `Block`. */
  block(number: bigint): Promise<Uint8Array>;
  /** Blocks from a number on, with own private data, for ever; ends with an error when the stream breaks. */
  blocks(from: bigint, signal: AbortSignal): AsyncIterable<LedgerBlock>;
  close(): void;
}
