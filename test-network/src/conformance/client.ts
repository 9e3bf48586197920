/** What the suite's tests do with a ledger: evaluate, submit, and hold transactions back between the steps. */
import { GatewayError, StatusCode } from '@hyperledger/fabric-gateway';
import type { Contract, Gateway, ProposalOptions, Transaction } from '@hyperledger/fabric-gateway';
import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONFORMANCE_CHANNEL, CONFORMANCE_MSPS } from './ledger-under-test.ts';
import type { LedgerUnderTest, Session } from './ledger-under-test.ts';

const ENDORSE_ATTEMPTS = 20;
const ENDORSE_PAUSE_MS = 50;

export type CodeName = keyof typeof StatusCode;

/** What became of a submitted transaction. */
export interface Outcome {
  readonly code: CodeName;
  readonly block: number;
  readonly txId: string;
  readonly result: Buffer;
}

export interface CallOptions {
  /** Organisations to endorse; the gateway chooses when absent. */
  readonly endorsers?: readonly string[];
  readonly transient?: Readonly<Record<string, string>>;
  readonly chaincode?: string;
}

function codeName(code: number): CodeName {
  const found = Object.entries(StatusCode).find(([, value]) => value === code);
  if (found === undefined) throw new Error(`validation code ${code} is unknown`);
  return found[0] as CodeName;
}

function proposalOptions(args: readonly string[], options: CallOptions): ProposalOptions {
  return {
    arguments: [...args],
    ...(options.endorsers === undefined ? {} : { endorsingOrganizations: [...options.endorsers] }),
    ...(options.transient === undefined ? {} : { transientData: { ...options.transient } }),
  };
}

/** Puts what the endorsers said into the message of a failure, so that a failing test tells it. */
async function explained<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof GatewayError) error.message = messagesOf(error);
    throw error;
  }
}

export class TestClient {
  readonly gateway: Gateway;

  constructor(gateway: Gateway) {
    this.gateway = gateway;
  }

  contract(chaincode = 'conformance', channel: string = CONFORMANCE_CHANNEL): Contract {
    return this.gateway.getNetwork(channel).getContract(chaincode);
  }

  /** Evaluates at the user's own organisation's peer and parses the JSON answer. */
  async evaluate(name: string, ...args: string[]): Promise<unknown> {
    return JSON.parse((await this.evaluateRaw(name, args)).toString('utf8')) as unknown;
  }

  async evaluateRaw(name: string, args: readonly string[], options: CallOptions = {}): Promise<Buffer> {
    const proposal = this.contract(options.chaincode).newProposal(name, {
      ...proposalOptions(args, options),
    });
    return Buffer.from(await explained(proposal.evaluate()));
  }

  /**
   * Endorses and keeps the transaction back. A commit was waited for at one peer, and another that endorses may be a block
   * behind it: endorsers that differ are asked again, for a bounded time.
   */
  async endorse(name: string, args: readonly string[], options: CallOptions = {}): Promise<Transaction> {
    for (let attempt = 1; ; attempt += 1) {
      const proposal = this.contract(options.chaincode).newProposal(name, proposalOptions(args, options));
      try {
        return await explained(proposal.endorse());
      } catch (error) {
        if (attempt === ENDORSE_ATTEMPTS || !/ do not match/.test(String(error))) throw error;
        await sleep(ENDORSE_PAUSE_MS);
      }
    }
  }

  /** Submits and waits for the commit, whatever its outcome. */
  async submit(name: string, args: readonly string[], options: CallOptions = {}): Promise<Outcome> {
    return commit(await this.endorse(name, args, options));
  }

  async blockBytes(block: number): Promise<Buffer> {
    const blocks = await this.gateway
      .getNetwork(CONFORMANCE_CHANNEL)
      .getBlockEvents({ startBlock: BigInt(block) });
    try {
      for await (const each of blocks) return Buffer.from(each.serializeBinary());
      throw new Error('no block came');
    } finally {
      blocks.close();
    }
  }

  /** Submits and requires that the transaction is valid. */
  async valid(name: string, args: readonly string[], options: CallOptions = {}): Promise<Outcome> {
    const outcome = await this.submit(name, args, options);
    assert.equal(outcome.code, 'VALID', `${name}(${args.join(', ')})`);
    return outcome;
  }
}

export async function commit(transaction: Transaction): Promise<Outcome> {
  const submitted = await transaction.submit();
  const status = await submitted.getStatus();
  return {
    code: codeName(status.code),
    block: Number(status.blockNumber),
    txId: status.transactionId,
    result: Buffer.from(transaction.getResult()),
  };
}

/** A transaction's id stands in its envelope as text, so that the block's bytes show the order of several. */
async function standInOrder(client: TestClient, outcomes: readonly Outcome[]): Promise<boolean> {
  const block = await client.blockBytes(outcomes[0]?.block ?? 0);
  const places = outcomes.map(({ txId }) => block.indexOf(txId));
  return places.every((place, i) => place > (places[i - 1] ?? -1));
}

/**
 * Submits transactions so that they stand in one block in the order given, if the ledger cuts it so; `make` is called
 * anew when it did not. Clients reach one orderer or another, so that who is submitted first need not stand first.
 */
export async function inOneBlock(client: TestClient, make: () => Promise<Transaction[]>): Promise<Outcome[]> {
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const transactions = await make();
    const pending: Promise<Outcome>[] = [];
    for (const transaction of transactions) {
      const submitted = await transaction.submit();
      pending.push(
        submitted.getStatus().then((status) => ({
          code: codeName(status.code),
          block: Number(status.blockNumber),
          txId: status.transactionId,
          result: Buffer.from(transaction.getResult()),
        })),
      );
    }
    const outcomes = await Promise.all(pending);
    const isOneBlock = new Set(outcomes.map(({ block }) => block)).size === 1;
    if (isOneBlock && (await standInOrder(client, outcomes))) return outcomes;
  }
  throw new Error('the ledger never put the transactions into one block in their order');
}

/** The messages of a failure: its own and those of each endorser. */
export function messagesOf(error: unknown): string {
  if (!(error instanceof GatewayError)) throw error;
  return [error.message, ...error.details.map(({ message }) => message)].join('\n');
}

/** Requires that the call fails at the gateway, with a message that matches. */
export async function rejects(call: Promise<unknown>, pattern: RegExp): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.match(messagesOf(error), pattern);
    return true;
  });
}

let counter = 0;

/** A key prefix that no other test uses. */
export function unique(label: string): string {
  counter += 1;
  return `${label}-${Date.now().toString(36)}-${counter}-`;
}

/** The clients of the three organisations, made when first needed and again after a restart. */
export class Clients {
  readonly #ledger: LedgerUnderTest;
  readonly #sessions = new Map<string, Session>();

  constructor(ledger: LedgerUnderTest) {
    this.#ledger = ledger;
  }

  async of(index: 0 | 1 | 2, user = 'User1'): Promise<TestClient> {
    const mspId = CONFORMANCE_MSPS[index];
    const id = `${mspId}/${user}`;
    let session = this.#sessions.get(id);
    if (session === undefined) {
      session = await this.#ledger.connect(mspId, user);
      this.#sessions.set(id, session);
    }
    return new TestClient(session.gateway);
  }

  close(): void {
    for (const session of this.#sessions.values()) session.close();
    this.#sessions.clear();
  }
}
