/** One channel: its ledger, definitions, endorsers, ordering and commit. */
import { common, peer } from '@hyperledger/fabric-protos';
import { join } from 'node:path';
import type { BatchConfig } from './config.ts';
import type { Endorser } from './endorser/endorser.ts';
import type { ChaincodeCall } from './endorser/interest.ts';
import type { Layout } from './endorser/plan.ts';
import { genesisEnvelope, readGenesis } from './genesis.ts';
import type { GenesisOrganization } from './genesis.ts';
import type { Identity } from './identity/msp.ts';
import { MspManager } from './identity/msp.ts';
import type { BlockSigner } from './ledger/block.ts';
import { ChannelLedger } from './ledger/ledger.ts';
import { TransientStore } from './ledger/transient.ts';
import { UpdateBatch } from './ledger/updates.ts';
import { LIFECYCLE } from './lifecycle/definition.ts';
import { DefinitionRegistry } from './lifecycle/registry.ts';
import { Orderer } from './orderer/orderer.ts';
import { PolicyCompiler } from './policy/application-policy.ts';
import { BlockValidator, creatorSigned } from './validator/block-validator.ts';
import { OwnEndorsements } from './identity/own-endorsements.ts';
import { EndorsementValidator } from './validator/endorsement.ts';
import { parseTransaction } from './validator/transaction.ts';
import type { ParsedTransaction, ValidationCode } from './validator/transaction.ts';

/** What became of a transaction. */
export interface TransactionStatus {
  readonly code: ValidationCode;
  readonly block: number;
}

/** The ordering service's refusal of an envelope. */
export class BroadcastError extends Error {
  override readonly name = 'BroadcastError';
  /** A value of `common.Status`. */
  readonly status: keyof common.StatusMap;

  constructor(status: keyof common.StatusMap, info: string) {
    super(info);
    this.status = status;
  }
}

export class AccessDeniedError extends Error {
  override readonly name = 'AccessDeniedError';
}

interface Submitted {
  readonly transaction: ParsedTransaction;
  readonly creatorVerified: boolean;
  readonly bytes: number;
}

const MAX_PLANS = 1000;

type StatusListener = (status: TransactionStatus) => void;

export interface ChannelParts {
  readonly name: string;
  readonly directory: string;
  readonly organizations: readonly GenesisOrganization[];
  readonly batch: BatchConfig;
  /** The peer that orders here: it signs each block. */
  readonly signer: BlockSigner;
  readonly onFailure: (error: unknown) => void;
}

export class Channel {
  readonly name: string;
  readonly msps: MspManager;
  readonly ledger: ChannelLedger;
  readonly definitions: DefinitionRegistry;
  readonly policies: PolicyCompiler;
  readonly transients: TransientStore;
  readonly endorsers = new Map<string, Endorser>();
  readonly ownEndorsements = new OwnEndorsements();
  readonly #validator: BlockValidator;
  readonly #orderer: Orderer<Submitted>;
  readonly #absoluteMaxBytes: number;
  readonly #layouts = new Map<string, Layout[]>();
  readonly #listeners = new Map<string, Set<StatusListener>>();

  private constructor(
    parts: ChannelParts,
    msps: MspManager,
    policies: PolicyCompiler,
    ledger: ChannelLedger,
    definitions: DefinitionRegistry,
  ) {
    this.name = parts.name;
    this.msps = msps;
    this.policies = policies;
    this.ledger = ledger;
    this.definitions = definitions;
    this.transients = new TransientStore(ledger, definitions);
    const endorsements = new EndorsementValidator(msps, definitions, policies, this.ownEndorsements);
    this.#validator = new BlockValidator(parts.name, msps, ledger.state, endorsements);
    this.#absoluteMaxBytes = parts.batch.absoluteMaxBytes;
    this.#orderer = new Orderer<Submitted>(parts.batch, (batch) => this.#commit(batch), parts.onFailure);
  }

  /** Opens the channel's ledger and makes block 0 at first start. */
  static async open(parts: ChannelParts): Promise<Channel> {
    const msps = new MspManager(new Map(parts.organizations.map(({ mspId, caPem }) => [mspId, caPem])));
    const policies = new PolicyCompiler(msps.mspIds);
    let definitions: DefinitionRegistry | undefined;
    const directory = join(parts.directory, parts.name);
    const ledger = await ChannelLedger.open(directory, msps.mspIds, parts.signer, (state) => {
      const registry = new DefinitionRegistry(state, msps.mspIds, policies);
      definitions = registry;
      return (chaincode, collection) => registry.collection(chaincode, collection)?.blockToLive ?? 0;
    });
    if (definitions === undefined) throw new Error('the ledger did not configure its collections');
    definitions.forget();
    const channel = new Channel(parts, msps, policies, ledger, definitions);
    try {
      if (ledger.height === 0) await channel.#commitGenesis(parts);
      else channel.#checkGenesis(parts);
    } catch (error) {
      await ledger.close();
      throw error;
    }
    return channel;
  }

  async #commitGenesis({ name, organizations, batch }: ChannelParts): Promise<void> {
    const transaction = parseTransaction(genesisEnvelope(name, organizations, batch));
    const codes = [peer.TxValidationCode.VALID];
    await this.ledger.commit({ transactions: [transaction], codes, updates: new UpdateBatch() }, new Map());
  }

  #checkGenesis({ name, organizations }: ChannelParts): void {
    const [envelope] = this.ledger.block(0)?.decoded.envelopes ?? [];
    const genesis = readGenesis(envelope ?? new Uint8Array());
    const made = [...genesis.roots.keys()].sort().join(', ');
    const wanted = organizations
      .map(({ mspId }) => mspId)
      .sort()
      .join(', ');
    if (genesis.channelId !== name || made !== wanted) {
      throw new Error(
        `channel ${genesis.channelId} was made for ${made}, not for ${wanted}: ` +
          'changing its organisations is not modelled, start with another state folder',
      );
    }
  }

  requireWriter(identity: Identity): void {
    if (identity.role === 'client' || identity.role === 'admin') return;
    throw new AccessDeniedError(
      `failed evaluating policy on signed data during check policy on channel [${this.name}] with policy ` +
        '[/Channel/Application/Writers]: [implicit policy evaluation failed - 0 sub-policies were satisfied, ' +
        "but this policy requires 1 of the 'Writers' sub-policies to be satisfied]",
    );
  }

  /** Endorsement plans by what they depend on; they hold until a definition changes. */
  layouts(calls: readonly ChaincodeCall[], preferred: string, make: () => Layout[]): Layout[] {
    const id = JSON.stringify([
      preferred,
      calls.map(({ keyPolicies, ...call }) => [
        call,
        keyPolicies.map((policy) => Buffer.from(policy).toString('base64')),
      ]),
    ]);
    let found = this.#layouts.get(id);
    if (found === undefined) {
      if (this.#layouts.size >= MAX_PLANS) this.#layouts.clear();
      this.#layouts.set(id, (found = make()));
    }
    return found;
  }

  /** Cuts the pending block now: while starting, nobody else submits that a block could wait for. */
  flush(): void {
    this.#orderer.flush();
  }

  /** Hands a signed envelope to ordering. Throws BroadcastError. */
  broadcast(envelope: Uint8Array): void {
    if (!this.#orderer.accepting)
      throw new BroadcastError('SERVICE_UNAVAILABLE', 'the ledger stopped after a failure');
    if (envelope.length > this.#absoluteMaxBytes) {
      throw new BroadcastError(
        'BAD_REQUEST',
        `message payload is ${envelope.length} bytes and exceeds maximum allowed ${this.#absoluteMaxBytes} bytes`,
      );
    }
    const transaction = parseTransaction(envelope);
    if (transaction.channelId !== this.name) throw new BroadcastError('NOT_FOUND', 'channel does not exist');
    if (transaction.type !== common.HeaderType.ENDORSER_TRANSACTION) {
      throw new BroadcastError(
        'NOT_IMPLEMENTED',
        'the embedded development peer does not model configuration updates',
      );
    }
    if (!creatorSigned(this.msps, transaction)) {
      throw new BroadcastError('FORBIDDEN', 'implicit policy evaluation failed: the signature is not valid');
    }
    try {
      this.requireWriter(this.msps.deserialize(transaction.creator));
    } catch (error) {
      throw new BroadcastError('FORBIDDEN', error instanceof Error ? error.message : String(error));
    }
    this.#orderer.order({ transaction, creatorVerified: true, bytes: envelope.length });
  }

  async #commit(batch: readonly Submitted[]): Promise<void> {
    const validated = await this.#validator.validate(this.ledger.height, batch);
    const { VALID } = peer.TxValidationCode;
    const valid = validated.transactions
      .map((transaction, tx) => ({ tx, transaction }))
      .filter(({ tx }) => validated.codes[tx] === VALID);
    const block = await this.ledger.commit(validated, this.transients.collect(valid));
    await this.transients.settle(block, validated.transactions);
    if (validated.updates.publicUpdates.has(LIFECYCLE)) {
      this.definitions.forget();
      this.#layouts.clear();
    }
    for (const [tx, { txId }] of validated.transactions.entries()) {
      const listeners = this.#listeners.get(txId);
      if (listeners === undefined) continue;
      this.#listeners.delete(txId);
      for (const listener of listeners) listener({ code: validated.codes[tx] ?? VALID, block });
    }
  }

  /** The status of a transaction that is in a block; undefined before. */
  status(txId: string): TransactionStatus | undefined {
    const row = this.ledger.state.transaction(txId);
    if (row === undefined || row.block >= this.ledger.height) return undefined;
    return { code: row.code as ValidationCode, block: row.block };
  }

  /** Calls back once when the transaction is committed; the result stops listening. */
  onCommitted(txId: string, listener: StatusListener): () => void {
    const listeners = this.#listeners.get(txId) ?? new Set<StatusListener>();
    listeners.add(listener);
    this.#listeners.set(txId, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(txId);
    };
  }

  /** Commits what was submitted and closes the files. */
  async close(): Promise<void> {
    await this.#orderer.stop();
    await this.ledger.close();
  }
}
