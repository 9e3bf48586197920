/**
 * Verifies a stopped channel from its block file alone: framing, hash links, data hashes, creators' and endorsers'
 * signatures against block 0's roots, and the commit hash chain recomputed from the transactions; then compares the
 * state that the blocks make with the state database.
 */
import { peer } from '@hyperledger/fabric-protos';
import { join } from 'node:path';
import { readGenesis } from '../genesis.ts';
import { IdentityError, MspManager, verifySignature } from '../identity/msp.ts';
import { creatorSigned } from '../validator/block-validator.ts';
import { parseTransaction } from '../validator/transaction.ts';
import type { ParsedTransaction } from '../validator/transaction.ts';
import { applyWrites } from '../validator/tx-ops.ts';
import type { StateReader } from '../validator/tx-ops.ts';
import { BlockFile } from './block-file.ts';
import { dataHash, decodeBlock, headerHash } from './block.ts';
import type { DecodedBlock } from './block.ts';
import { openLevel, rows } from './database.ts';
import { stateKey } from './keys.ts';
import { nextCommitHash, UpdateBatch } from './updates.ts';
import type { Update } from './updates.ts';
import { encodeValue } from './values.ts';

export interface ChainReport {
  readonly verified: boolean;
  readonly blocks: number;
  readonly transactions: number;
  readonly valid: number;
  /** Header hash of the last block, in hex. */
  readonly lastBlockHash: string;
  /** What is wrong, in the order found; the first hundred. */
  readonly problems: readonly string[];
}

export interface VerifyOptions {
  /** Sees the id of each valid transaction. */
  readonly onValid?: (txId: string) => void;
  /** False leaves the signatures out, which take most of the time. */
  readonly signatures?: boolean;
  /** Given the public state that the verified blocks make: the value of a key, or undefined. */
  readonly onState?: (read: (namespace: string, key: string) => Uint8Array | undefined) => void;
}

const MAX_PROBLEMS = 100;

/** The state made by the blocks so far, in memory. */
class ReplayedState implements StateReader {
  readonly publicRows = new Map<string, Update>();
  readonly #hashed = new Map<string, Update>();

  apply(batch: UpdateBatch): void {
    for (const [namespace, keys] of batch.publicUpdates) {
      for (const [key, update] of keys)
        set(this.publicRows, stateKey(namespace, key).toString('latin1'), update);
    }
    for (const [namespace, collections] of batch.hashedUpdates) {
      for (const [collection, keys] of collections) {
        for (const [hex, update] of keys)
          set(this.#hashed, JSON.stringify([namespace, collection, hex]), update);
      }
    }
  }

  get(namespace: string, key: string): { value: Uint8Array; metadata: Uint8Array | undefined } | undefined {
    return present(this.publicRows.get(stateKey(namespace, key).toString('latin1')));
  }

  getHashed(ns: string, collection: string, keyHash: Uint8Array): ReturnType<ReplayedState['get']> {
    return present(this.#hashed.get(JSON.stringify([ns, collection, Buffer.from(keyHash).toString('hex')])));
  }
}

function set(map: Map<string, Update>, key: string, update: Update): void {
  if (update.value === undefined) map.delete(key);
  else map.set(key, update);
}

function present(
  update: Update | undefined,
): { value: Uint8Array; metadata: Uint8Array | undefined } | undefined {
  return update?.value === undefined ? undefined : { value: update.value, metadata: update.metadata };
}

class ChainVerifier {
  readonly problems: string[] = [];
  readonly state = new ReplayedState();
  blocks = 0;
  transactions = 0;
  valid = 0;
  lastHash: Buffer = Buffer.alloc(0);
  #commitHash: Buffer = Buffer.alloc(0);
  #msps = new MspManager(new Map());
  readonly #txIds = new Set<string>();
  readonly #options: VerifyOptions;

  constructor(options: VerifyOptions) {
    this.#options = options;
  }

  problem(text: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(text);
  }

  block(payload: Buffer): void {
    const block = decodeBlock(payload);
    const { header, envelopes, flags } = block;
    const name = `block ${header.number}`;
    if (header.number !== this.blocks) this.problem(`${name} is in the place of block ${this.blocks}`);
    if (!this.lastHash.equals(header.previousHash))
      this.problem(`${name} does not link to the block before it`);
    if (!dataHash(envelopes).equals(header.dataHash)) this.problem(`${name}: the data hash does not match`);
    if (flags.length !== envelopes.length) this.problem(`${name}: not one validation code a transaction`);
    if (this.blocks === 0) this.#msps = new MspManager(readGenesis(envelopes[0] ?? new Uint8Array()).roots);
    this.#transactions(block, name);
    this.lastHash = headerHash(header);
    this.blocks += 1;
  }

  #transactions({ header, envelopes, flags, commitHash }: DecodedBlock, name: string): void {
    const updates = new UpdateBatch();
    for (const [tx, envelope] of envelopes.entries()) {
      this.transactions += 1;
      const transaction = parseTransaction(envelope);
      if (flags[tx] !== peer.TxValidationCode.VALID) continue;
      this.valid += 1;
      if (transaction.action === undefined) continue;
      this.#validTransaction(transaction, `${name} transaction ${tx}`);
      applyWrites(transaction.action.rwset, { block: header.number, tx }, updates, this.state);
    }
    if (header.number > 0) {
      this.#commitHash = nextCommitHash(this.#commitHash, flags, updates);
      if (!this.#commitHash.equals(commitHash)) this.problem(`${name}: the commit hash does not match`);
    }
    this.state.apply(updates);
  }

  #validTransaction(transaction: ParsedTransaction, name: string): void {
    if (transaction.malformed !== undefined) this.problem(`${name} is marked valid but malformed`);
    if (this.#txIds.has(transaction.txId)) this.problem(`${name} repeats transaction id ${transaction.txId}`);
    this.#txIds.add(transaction.txId);
    this.#options.onValid?.(transaction.txId);
    if (this.#options.signatures === false) return;
    if (!creatorSigned(this.#msps, transaction))
      this.problem(`${name}: the creator's signature is not valid`);
    const { action } = transaction;
    for (const { endorser, signature } of action?.endorsements ?? []) {
      try {
        const signed = Buffer.concat([action?.responsePayload ?? new Uint8Array(), endorser]);
        if (verifySignature(this.#msps.deserialize(endorser), signed, signature)) continue;
      } catch (error) {
        if (!(error instanceof IdentityError)) throw error;
      }
      this.problem(`${name}: an endorsement is not valid`);
    }
  }

  async compare(directory: string): Promise<void> {
    const level = await openLevel(directory);
    try {
      const expected = new Map(this.state.publicRows);
      for await (const [key, value] of rows(level, {
        gte: Buffer.from('s', 'latin1'),
        lt: Buffer.from('t', 'latin1'),
      })) {
        const id = key.toString('latin1');
        const update = expected.get(id);
        expected.delete(id);
        const same =
          update?.value !== undefined &&
          encodeValue(update.value, update.metadata, update.version).equals(value);
        if (!same)
          this.problem(`the state of ${JSON.stringify(key.toString('utf8'))} is not what the blocks made`);
      }
      for (const id of expected.keys()) this.problem(`the state lacks ${JSON.stringify(id)}`);
    } finally {
      await level.close();
    }
  }
}

/** Verifies the channel in `directory`, which no process may have open. Problems are reported, not thrown. */
export async function verifyChain(directory: string, options: VerifyOptions = {}): Promise<ChainReport> {
  const verifier = new ChainVerifier(options);
  try {
    const file = BlockFile.open(join(directory, 'blocks.dat'), 'r');
    try {
      for (const { payload } of file.scan(BlockFile.start)) verifier.block(payload);
      if (file.isTorn) verifier.problem('the block file ends with a record that was cut short');
    } finally {
      file.close();
    }
    await verifier.compare(join(directory, 'state'));
    options.onState?.((namespace, key) => verifier.state.get(namespace, key)?.value);
  } catch (error) {
    verifier.problem(error instanceof Error ? error.message : String(error));
  }
  return {
    verified: verifier.problems.length === 0,
    blocks: verifier.blocks,
    transactions: verifier.transactions,
    valid: verifier.valid,
    lastBlockHash: verifier.lastHash.toString('hex'),
    problems: verifier.problems,
  };
}
