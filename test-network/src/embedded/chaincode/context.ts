/** What a running invocation of a chaincode may touch, and its open iterators. */
import type { peer } from '@hyperledger/fabric-protos';
import type { Identity } from '../identity/msp.ts';
import type { DefinitionRegistry } from '../lifecycle/registry.ts';
import type { TxSimulator } from '../simulator/simulator.ts';
import type { HistoryReader } from '../ledger/history.ts';
import type { StreamMessage } from './messages.ts';
import type { OpenQuery } from './queries.ts';

/** A chaincode's answer, before anyone judged it. */
export interface ExecutionResult {
  readonly response: peer.Response;
  readonly event: peer.ChaincodeEvent | undefined;
}

/** Calls another chaincode on behalf of a running invocation. Resolves to the raw message of the called one. */
export type ChaincodeInvoker = (target: string, input: peer.ChaincodeInput) => Promise<StreamMessage>;

/** Everything an invocation carries; a call to another chaincode shares all but the namespace. */
export interface Invocation {
  readonly channelId: string;
  readonly txId: string;
  readonly creator: Identity;
  readonly proposal: peer.SignedProposal;
  readonly simulator: TxSimulator;
  readonly history: HistoryReader;
  readonly definitions: DefinitionRegistry;
  readonly invoke: ChaincodeInvoker;
}

export class TransactionContext {
  readonly namespace: string;
  readonly invocation: Invocation;
  readonly queries = new Map<string, OpenQuery>();
  readonly #access = new Map<string, { read: boolean; write: boolean }>();

  constructor(namespace: string, invocation: Invocation) {
    this.namespace = namespace;
    this.invocation = invocation;
  }

  /** Whether the creator may read and write the collection. Throws when there is no such collection. */
  access(collection: string): { read: boolean; write: boolean } {
    let access = this.#access.get(collection);
    if (access === undefined) {
      const { definitions, creator, channelId } = this.invocation;
      const found = definitions.collection(this.namespace, collection);
      if (found === undefined) {
        throw new Error(`collection ${channelId}/${this.namespace}/${collection} could not be found`);
      }
      const open = !found.memberOnlyRead && !found.memberOnlyWrite;
      const member = open || definitions.isMember(found, creator);
      access = { read: member || !found.memberOnlyRead, write: member || !found.memberOnlyWrite };
      this.#access.set(collection, access);
    }
    return access;
  }

  requireRead(collection: string): void {
    if (!this.access(collection).read) this.#denied('read', collection);
  }

  requireWrite(collection: string): void {
    if (!this.access(collection).write) this.#denied('write', collection);
  }

  #denied(what: string, collection: string): never {
    throw new Error(
      `tx creator does not have ${what} access permission on privatedata in ` +
        `chaincodeName:${this.namespace} collectionName: ${collection}`,
    );
  }

  async close(): Promise<void> {
    const open = [...this.queries.values()];
    this.queries.clear();
    await Promise.all(open.map((query) => query.close()));
  }
}
