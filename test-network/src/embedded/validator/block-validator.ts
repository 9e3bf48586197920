/** Validates the transactions of a block in order and gathers the writes of the valid ones. */
import { common, peer } from '@hyperledger/fabric-protos';
import { IdentityError, verifySignature } from '../identity/msp.ts';
import type { MspManager } from '../identity/msp.ts';
import { UpdateBatch } from '../ledger/updates.ts';
import type { StateDb } from '../ledger/state-db.ts';
import type { ChangedPolicies, EndorsementValidator } from './endorsement.ts';
import { BlockState } from './block-state.ts';
import { checkReads } from './mvcc.ts';
import type { ParsedTransaction, ValidationCode } from './transaction.ts';
import { applyWrites } from './tx-ops.ts';

const Code = peer.TxValidationCode;

/** A transaction on its way into a block. */
export interface PendingTransaction {
  readonly transaction: ParsedTransaction;
  /** True when the creator's signature was verified when the transaction was submitted. */
  readonly creatorVerified: boolean;
}

export interface ValidatedBlock {
  readonly transactions: readonly ParsedTransaction[];
  /** One code a transaction. */
  readonly codes: readonly ValidationCode[];
  readonly updates: UpdateBatch;
}

/** True when the creator is a member of a known organisation and signed the payload. */
export function creatorSigned(msps: MspManager, transaction: ParsedTransaction): boolean {
  try {
    const creator = msps.deserialize(transaction.creator);
    return verifySignature(creator, transaction.payload, transaction.signature);
  } catch (error) {
    if (error instanceof IdentityError) return false;
    throw error;
  }
}

export class BlockValidator {
  readonly #channelId: string;
  readonly #msps: MspManager;
  readonly #state: StateDb;
  readonly #endorsements: EndorsementValidator;

  constructor(channelId: string, msps: MspManager, state: StateDb, endorsements: EndorsementValidator) {
    this.#channelId = channelId;
    this.#msps = msps;
    this.#state = state;
    this.#endorsements = endorsements;
  }

  async validate(block: number, pending: readonly PendingTransaction[]): Promise<ValidatedBlock> {
    const changed: ChangedPolicies = new Set();
    const state = new BlockState(this.#state);
    const codes = pending.map((each) => this.#validateAlone(each, changed, state));
    markDuplicates(pending, codes);
    const updates = new UpdateBatch();
    for (const [tx, { transaction }] of pending.entries()) {
      if (codes[tx] !== Code.VALID || transaction.action === undefined) continue;
      const code = await checkReads(transaction.action.rwset, updates, state);
      codes[tx] = code;
      if (code === Code.VALID) applyWrites(transaction.action.rwset, { block, tx }, updates, state);
    }
    return { transactions: pending.map(({ transaction }) => transaction), codes, updates };
  }

  #validateAlone(
    { transaction, creatorVerified }: PendingTransaction,
    changed: ChangedPolicies,
    state: BlockState,
  ): ValidationCode {
    if (transaction.malformed !== undefined) return transaction.malformed;
    if (!creatorVerified && !creatorSigned(this.#msps, transaction)) return Code.BAD_CREATOR_SIGNATURE;
    if (transaction.channelId !== this.#channelId) return Code.TARGET_CHAIN_NOT_FOUND;
    if (transaction.type !== common.HeaderType.ENDORSER_TRANSACTION || transaction.action === undefined) {
      return Code.UNSUPPORTED_TX_PAYLOAD;
    }
    if (this.#state.transaction(transaction.txId) !== undefined) return Code.DUPLICATE_TXID;
    return this.#endorsements.validate(transaction.action, changed, state);
  }
}

function markDuplicates(pending: readonly PendingTransaction[], codes: ValidationCode[]): void {
  const seen = new Set<string>();
  for (const [tx, { transaction }] of pending.entries()) {
    if (codes[tx] !== Code.VALID) continue;
    if (seen.has(transaction.txId)) codes[tx] = Code.DUPLICATE_TXID;
    seen.add(transaction.txId);
  }
}
