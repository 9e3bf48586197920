import { common, peer } from '@hyperledger/fabric-protos';
import { commandReceipt, type Role } from '@roamgrid/wire';
import { untilCommitted, type Attempt } from '../attempts.ts';
import { isOfAClock, refusalIn } from '../chaincode-message.ts';
import { LedgerInvalid, LedgerOutcomeUnknown, LedgerUnavailable } from '../errors.ts';
import { GatewayLedger, type LedgerConfig } from '../gateway-ledger.ts';
import type { Committed, Ledger, LedgerBlock, LedgerCommand, LedgerOptions, LedgerQuery } from '../ledger.ts';
import { DEFAULT_RETRY, pause, type RetryLimits } from '../retry.ts';
import { CommitWatch, type CommitOutcome } from './commit-watch.ts';
import { connectLegacy, type LegacyConnection } from './connection.ts';
import { messagesIn, payloadIn } from './messages.ts';

/** Conflicts of versions: another transaction was first, and a new proposal reads anew. */
const CONFLICTS: ReadonlySet<string> = new Set(['MVCC_READ_CONFLICT', 'PHANTOM_READ_CONFLICT']);

/** Questions for a transaction that nobody saw committed, before it counts as never sent. */
const UNSEEN_POLLS = 6;

const codeName = (code: number): string =>
  Object.entries(peer.TxValidationCode).find(([, value]) => value === code)?.[0] ?? `CODE_${code}`;

/**
 * A ledger behind peers older than 2.4, which have no Gateway service: the client itself asks the endorsers that
 * discovery names, and sends to ordering. `fabric-network` is deprecated and knows no BFT ordering, so nothing but this
 * folder uses it. Blocks come by the Deliver service, which peers have had since 2.0, as for {@link GatewayLedger}.
 */
export class LegacyLedger implements Ledger {
  readonly #config: LedgerConfig;
  readonly #limits: RetryLimits;
  readonly #options: LedgerOptions;
  readonly #deliver: GatewayLedger;
  readonly #connections = new Map<Role, Promise<LegacyConnection>>();

  constructor(config: LedgerConfig, limits: RetryLimits = DEFAULT_RETRY, options: LedgerOptions = {}) {
    this.#config = config;
    this.#limits = limits;
    this.#options = options;
    this.#deliver = new GatewayLedger(config, limits);
  }

  submit(command: LedgerCommand, limits: Partial<RetryLimits> = {}): Promise<Committed> {
    return untilCommitted(
      command,
      { ...this.#limits, ...limits },
      () => this.#attempt(command),
      this.#options.onConflict,
    );
  }

  async #attempt(command: LedgerCommand): Promise<Attempt> {
    const connecting = this.#connect(command.role);
    const connection = await connecting;
    const transaction = connection.network
      .getContract(this.#config.chaincode, command.contract)
      .createTransaction(command.transaction);
    if (command.transient !== undefined) {
      const texts = Object.entries(command.transient);
      transaction.setTransient(Object.fromEntries(texts.map(([name, text]) => [name, Buffer.from(text)])));
    }
    if (command.endorsers !== undefined) transaction.setEndorsingOrganizations(...command.endorsers);
    const watch = new CommitWatch();
    transaction.setEventHandler((id, network) => watch.handler(id, network, this.#config.mspId));
    const transactionId = transaction.getTransactionId();
    try {
      const payload = await transaction.submit(command.argument);
      return await this.#settle(command.role, transactionId, payload, watch.outcome, undefined);
    } catch (thrown) {
      if (!(thrown instanceof Error)) throw thrown;
      if (thrown instanceof LedgerInvalid || thrown instanceof LedgerOutcomeUnknown) throw thrown;
      const payload = payloadIn(thrown);
      if (watch.isEndorsed && payload !== undefined)
        return await this.#settle(command.role, transactionId, payload, watch.outcome, thrown);
      const refusal = refusalIn(messagesIn(thrown), thrown);
      if (isOfAClock(refusal)) return { again: 'endorsement', cause: refusal };
      if (refusal !== undefined) throw refusal;
      // Its own reconnection gives a broken peer up for long: the next attempt starts from a new connection.
      this.#drop(command.role, connecting);
      return { again: 'endorsement', cause: thrown };
    } finally {
      watch.stop();
    }
  }

  /** Finds out what became of an endorsed transaction, by its id where no event told it. */
  async #settle(
    role: Role,
    transactionId: string,
    payload: Uint8Array,
    told: CommitOutcome | undefined,
    cause: unknown,
  ): Promise<Attempt> {
    const receipt = commandReceipt.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
    let outcome = told;
    let isAnswered = false;
    let unseen = 0;
    for (let poll = 0; outcome === undefined && poll <= this.#limits.polls; poll += 1) {
      await pause(this.#limits, poll);
      const found = await this.#statusOf(role, transactionId);
      if (found === 'unanswered') continue;
      isAnswered = true;
      if (found !== 'unseen') outcome = found;
      else if ((unseen += 1) > UNSEEN_POLLS) break;
    }
    if (outcome !== undefined) {
      const { code, blockNumber } = outcome;
      if (code === 'VALID') return { committed: { transactionId, blockNumber, receipt } };
      if (CONFLICTS.has(code)) return { again: 'conflict', cause: code };
      throw new LedgerInvalid(transactionId, code);
    }
    // Ordering did not take it as far as anyone can tell. If it did after all, the command's id makes a second one harmless.
    if (isAnswered) return { again: 'endorsement', cause: cause ?? `${transactionId} is on no block` };
    throw new LedgerOutcomeUnknown(transactionId, { cause });
  }

  /** The status of a transaction at the own peer, from its system chaincode. */
  async #statusOf(role: Role, transactionId: string): Promise<CommitOutcome | 'unseen' | 'unanswered'> {
    const { channel } = this.#config;
    const connecting = this.#connect(role);
    try {
      const { network } = await connecting;
      const qscc = network.getContract('qscc');
      const bytes = await qscc.evaluateTransaction('GetTransactionByID', channel, transactionId);
      const code = peer.ProcessedTransaction.deserializeBinary(bytes).getValidationcode();
      const block = await qscc.evaluateTransaction('GetBlockByTxID', channel, transactionId);
      const number = common.Block.deserializeBinary(block).getHeader()?.getNumber() ?? 0;
      return { code: codeName(code), blockNumber: BigInt(number) };
    } catch (thrown) {
      if (messagesIn(thrown).some((text) => /no such transaction ID|not found/i.test(text))) return 'unseen';
      this.#drop(role, connecting);
      return 'unanswered';
    }
  }

  async evaluate(query: LedgerQuery): Promise<string> {
    const connecting = this.#connect(query.role);
    try {
      const { network } = await connecting;
      const contract = network.getContract(this.#config.chaincode, query.contract);
      return (await contract.evaluateTransaction(query.transaction, query.argument)).toString('utf8');
    } catch (thrown) {
      if (thrown instanceof LedgerUnavailable) throw thrown;
      const refusal = refusalIn(messagesIn(thrown), thrown);
      if (refusal !== undefined) throw refusal;
      this.#drop(query.role, connecting);
      throw new LedgerUnavailable(`${query.contract}.${query.transaction} was not answered`, {
        cause: thrown,
      });
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
    const { channel, users } = this.#config;
    const [role] = Object.keys(users) as Role[];
    if (role === undefined) throw new LedgerUnavailable('no ledger identity is configured');
    const connecting = this.#connect(role);
    try {
      const { network } = await connecting;
      return await network.getContract('qscc').evaluateTransaction(question, channel, ...more);
    } catch (thrown) {
      this.#drop(role, connecting);
      throw new LedgerUnavailable(`the peer does not answer ${question}`, { cause: thrown });
    }
  }

  blocks(from: bigint, signal: AbortSignal): AsyncIterable<LedgerBlock> {
    return this.#deliver.blocks(from, signal);
  }

  #connect(role: Role): Promise<LegacyConnection> {
    const known = this.#connections.get(role);
    if (known !== undefined) return known;
    const made = connectLegacy(this.#config, role);
    this.#connections.set(role, made);
    made.catch(() => {
      if (this.#connections.get(role) === made) this.#connections.delete(role);
    });
    return made;
  }

  /** Gives up a connection that failed. One that another call has made in its place meanwhile stays. */
  #drop(role: Role, failed: Promise<LegacyConnection>): void {
    if (this.#connections.get(role) !== failed) return;
    this.#connections.delete(role);
    // Others may be in the middle of using it; they fail and come back, as this one does.
    failed.then(
      ({ gateway }) => {
        gateway.disconnect();
      },
      () => undefined,
    );
  }

  close(): void {
    for (const [role, connection] of [...this.#connections]) this.#drop(role, connection);
    this.#deliver.close();
  }
}
