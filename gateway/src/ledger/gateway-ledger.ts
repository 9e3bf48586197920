import { createHash, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as grpc from '@grpc/grpc-js';
import {
  connect,
  GatewayError,
  signers,
  type Contract,
  type Gateway,
  type Transaction,
} from '@hyperledger/fabric-gateway';
import { common, type ledger as ledgerProtos } from '@hyperledger/fabric-protos';
import type { Role } from '@roamgrid/wire';
import { decodeBlock } from '../blocks/decode-block.ts';
import type { GatewaySettings } from '../config.ts';
import { untilCommitted, type Attempt } from './attempts.ts';
import { isOfAClock, refusalIn } from './chaincode-message.ts';
import { LedgerUnavailable } from './errors.ts';
import type { Committed, Ledger, LedgerBlock, LedgerCommand, LedgerOptions, LedgerQuery } from './ledger.ts';
import { proposedAt } from './proposal-time.ts';
import { DEFAULT_RETRY, type RetryLimits } from './retry.ts';
import { submitAndSettle } from './settle.ts';

export type LedgerConfig = GatewaySettings['ledger'];

/** gRPC statuses of an identity that the peer does not take. */
const NOT_ACCEPTED: ReadonlySet<number> = new Set([
  grpc.status.PERMISSION_DENIED,
  grpc.status.UNAUTHENTICATED,
]);

const MAX_MESSAGE_BYTES = 100 * 1024 * 1024;

const deadline = (ms: number) => () => ({ deadline: Date.now() + ms });

const openClient = (config: LedgerConfig): grpc.Client =>
  new grpc.Client(config.endpoint, grpc.credentials.createSsl(readFileSync(config.tlsRootCertPath)), {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    // A peer that hangs is found out within these two together.
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 5_000,
    // A peer that was away for a moment is tried again soon, well within the repeats of a command.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2_000,
    ...(config.tlsHostOverride === undefined
      ? {}
      : { 'grpc.ssl_target_name_override': config.tlsHostOverride }),
  });

const openGateway = (client: grpc.Client, config: LedgerConfig, role: Role): Gateway | undefined => {
  const files = config.users[role];
  if (files === undefined) return undefined;
  return connect({
    client,
    identity: { mspId: config.mspId, credentials: readFileSync(files.certificatePath) },
    signer: signers.newPrivateKeySigner(createPrivateKey(readFileSync(files.privateKeyPath))),
    hash: (message) => createHash('sha256').update(message).digest(),
    evaluateOptions: deadline(10_000),
    endorseOptions: deadline(30_000),
    submitOptions: deadline(10_000),
    commitStatusOptions: deadline(60_000),
  });
};

const messagesOf = (error: GatewayError): string[] => [
  ...error.details.map(({ message }) => message),
  error.cause.details,
  error.message,
];

/** A ledger behind the Gateway service of a peer, Fabric 2.4 and later. */
export class GatewayLedger implements Ledger {
  readonly #config: LedgerConfig;
  readonly #limits: RetryLimits;
  readonly #options: LedgerOptions;
  readonly #client: grpc.Client;
  readonly #gateways = new Map<Role, Gateway>();

  constructor(config: LedgerConfig, limits: RetryLimits = DEFAULT_RETRY, options: LedgerOptions = {}) {
    this.#config = config;
    this.#limits = limits;
    this.#options = options;
    this.#client = openClient(config);
    for (const role of Object.keys(config.users) as Role[]) {
      const gateway = openGateway(this.#client, config, role);
      if (gateway !== undefined) this.#gateways.set(role, gateway);
    }
  }

  async submit(command: LedgerCommand, limits: Partial<RetryLimits> = {}): Promise<Committed> {
    const contract = this.#contract(command);
    return untilCommitted(
      command,
      { ...this.#limits, ...limits },
      () => this.#attempt(contract, command),
      this.#options.onConflict,
    );
  }

  async #attempt(contract: Contract, command: LedgerCommand): Promise<Attempt> {
    const now = contract.newProposal(command.transaction, {
      arguments: [command.argument],
      ...(command.transient === undefined ? {} : { transientData: { ...command.transient } }),
      ...(command.endorsers === undefined ? {} : { endorsingOrganizations: [...command.endorsers] }),
    });
    const atMs = this.#options.proposalTimeMs?.();
    const proposal = atMs === undefined ? now : proposedAt(this.#gatewayOf(command.role), now, atMs);
    let endorsed: Transaction;
    try {
      endorsed = await proposal.endorse();
    } catch (thrown) {
      if (!(thrown instanceof GatewayError)) throw thrown;
      const refusal = refusalIn(messagesOf(thrown), thrown);
      if (isOfAClock(refusal)) return { again: 'endorsement', cause: refusal };
      if (refusal !== undefined) throw refusal;
      if (NOT_ACCEPTED.has(thrown.code)) {
        throw new LedgerUnavailable('the peer does not accept this identity', { cause: thrown });
      }
      return { again: 'endorsement', cause: thrown };
    }
    return submitAndSettle(this.#gatewayOf(command.role), this.#config.channel, endorsed, this.#limits);
  }

  async evaluate(query: LedgerQuery): Promise<string> {
    const contract = this.#contract(query);
    try {
      const bytes = await contract.evaluate(query.transaction, {
        arguments: [query.argument],
        endorsingOrganizations: [this.#config.mspId],
      });
      return Buffer.from(bytes).toString('utf8');
    } catch (thrown) {
      if (!(thrown instanceof GatewayError)) throw thrown;
      throw (
        refusalIn(messagesOf(thrown), thrown) ??
        new LedgerUnavailable(`${query.contract}.${query.transaction} was not answered`, { cause: thrown })
      );
    }
  }

  async height(): Promise<bigint> {
    const bytes = await this.#ask('GetChainInfo');
    return BigInt(common.BlockchainInfo.deserializeBinary(bytes).getHeight());
  }

  block(number: bigint): Promise<Uint8Array> {
    return this.#ask('GetBlockByNumber', number.toString());
  }

  /** Asks Fabric's own query chaincode, which every peer has. */
  async #ask(question: string, ...more: readonly string[]): Promise<Uint8Array> {
    const { channel } = this.#config;
    try {
      return await this.#anyGateway()
        .getNetwork(channel)
        .getContract('qscc')
        .evaluate(question, {
          arguments: [channel, ...more],
          endorsingOrganizations: [this.#config.mspId],
        });
    } catch (thrown) {
      if (!(thrown instanceof GatewayError)) throw thrown;
      throw new LedgerUnavailable(`the peer does not answer ${question}`, { cause: thrown });
    }
  }

  async *blocks(from: bigint, signal: AbortSignal): AsyncIterable<LedgerBlock> {
    const stream = await this.#anyGateway()
      .getNetwork(this.#config.channel)
      .getBlockAndPrivateDataEvents({ startBlock: from });
    const stop = (): void => {
      stream.close();
    };
    signal.addEventListener('abort', stop, { once: true });
    // It may have been aborted while the stream was opened; then nobody would close it.
    if (signal.aborted) stop();
    try {
      for await (const event of stream) {
        const block = event.getBlock();
        if (block === undefined) continue;
        const privateData = new Map<number, ledgerProtos.rwset.TxPvtReadWriteSet>();
        event.getPrivateDataMapMap().forEach((set, index) => privateData.set(index, set));
        yield decodeBlock(block, privateData, this.#config);
      }
    } catch (thrown) {
      if (signal.aborted) return;
      if (thrown instanceof GatewayError)
        throw new LedgerUnavailable('the block stream broke', { cause: thrown });
      throw thrown;
    } finally {
      signal.removeEventListener('abort', stop);
      stream.close();
    }
  }

  #gatewayOf(role: Role): Gateway {
    const gateway = this.#gateways.get(role);
    if (gateway === undefined) throw new LedgerUnavailable(`this gateway has no identity of role ${role}`);
    return gateway;
  }

  /** For what every member may read. */
  #anyGateway(): Gateway {
    const gateway = this.#gateways.values().next().value;
    if (gateway === undefined) throw new LedgerUnavailable('no ledger identity is configured');
    return gateway;
  }

  #contract({ contract, role }: { readonly contract: string; readonly role: Role }): Contract {
    return this.#gatewayOf(role)
      .getNetwork(this.#config.channel)
      .getContract(this.#config.chaincode, contract);
  }

  close(): void {
    for (const gateway of this.#gateways.values()) gateway.close();
    this.#client.close();
  }
}
