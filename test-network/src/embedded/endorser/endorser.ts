/** One organisation's endorsing peer on one channel. Spec: Fabric `core/endorser/endorser.go`. */
import { peer } from '@hyperledger/fabric-protos';
import type { SigningIdentity } from '../identity/msp.ts';
import { openHistory } from '../ledger/history.ts';
import type { ChaincodeConnection } from '../chaincode/connection.ts';
import type { ExecutionResult, Invocation } from '../chaincode/context.ts';
import type { StreamMessage } from '../chaincode/messages.ts';
import { runQscc } from '../chaincode/qscc.ts';
import type { Channel } from '../channel.ts';
import { TxSimulator } from '../simulator/simulator.ts';
import type { SimulationResults } from '../simulator/simulator.ts';
import { interestOf } from './interest.ts';
import type { ChaincodeCall } from './interest.ts';
import { checkProposal, ProposalError } from './proposal.ts';
import type { UnpackedProposal } from './proposal.ts';
import type { Identity } from '../identity/msp.ts';

const ERROR_THRESHOLD = 400;
const PEER_ERROR = 500;

/** A peer's answer with what the gateway needs to plan further endorsements. */
export interface EndorserAnswer {
  readonly response: peer.ProposalResponse;
  readonly interest: readonly ChaincodeCall[];
}

/** Finds another channel of this process, for calls between chaincodes of two channels. */
export type ChannelFinder = (channelId: string) => Channel | undefined;

export class Endorser {
  readonly mspId: string;
  readonly #channel: Channel;
  readonly #signer: SigningIdentity;
  readonly #chaincodes: ReadonlyMap<string, ChaincodeConnection>;
  readonly #findChannel: ChannelFinder;

  constructor(
    channel: Channel,
    signer: SigningIdentity,
    chaincodes: ReadonlyMap<string, ChaincodeConnection>,
    findChannel: ChannelFinder,
  ) {
    this.mspId = signer.mspId;
    this.#channel = channel;
    this.#signer = signer;
    this.#chaincodes = chaincodes;
    this.#findChannel = findChannel;
  }

  /** True when this organisation runs the chaincode. */
  runs(chaincode: string): boolean {
    return chaincode === 'qscc' || this.#chaincodes.has(chaincode);
  }

  /** Checks that the proposal may be endorsed at all. Throws ProposalError. */
  authorize(proposal: UnpackedProposal): Identity {
    const creator = checkProposal(proposal, this.#channel.msps, Date.now());
    if (this.#channel.ledger.state.transaction(proposal.txId) !== undefined) {
      const hex = Buffer.from(proposal.creator).toString('hex');
      throw new ProposalError(`duplicate transaction found [${proposal.txId}]. Creator [${hex}]`);
    }
    this.#channel.requireWriter(creator);
    return creator;
  }

  /** Simulates and endorses. Failures of peer or chaincode are responses with status 500 or the chaincode's own. */
  async process(proposal: UnpackedProposal, creator: Identity): Promise<EndorserAnswer> {
    try {
      return await this.#endorse(proposal, creator);
    } catch (error) {
      const response = new peer.ProposalResponse();
      response.setResponse(errorResponse(error instanceof Error ? error.message : String(error)));
      return { response, interest: [] };
    }
  }

  async #endorse(proposal: UnpackedProposal, creator: Identity): Promise<EndorserAnswer> {
    const version = this.#version(proposal.chaincode);
    const simulator = new TxSimulator(
      this.#channel.ledger,
      this.#channel.definitions,
      this.mspId,
      proposal.txId,
    );
    const history = openHistory(this.#channel.ledger);
    let result: ExecutionResult;
    let simulated: SimulationResults;
    try {
      const invocation: Invocation = {
        channelId: this.#channel.name,
        txId: proposal.txId,
        creator,
        proposal: proposal.signed,
        simulator,
        history: history.reader,
        definitions: this.#channel.definitions,
        invoke: (target, input) => this.#callChaincode(invocation, target, input),
      };
      result = await this.#execute(invocation, proposal);
      simulated = simulator.results();
    } finally {
      simulator.done();
      history.release();
    }
    const status = result.response.getStatus();
    const response = new peer.ProposalResponse();
    response.setResponse(result.response);
    const interest = status >= ERROR_THRESHOLD ? [] : interestOf(simulated);
    if (status >= ERROR_THRESHOLD && status < PEER_ERROR) return { response, interest };
    const payload = this.#responsePayload(proposal, version, result, simulated);
    response.setPayload(payload);
    if (status >= ERROR_THRESHOLD) return { response, interest };
    if (simulated.privateWrites.length > 0) {
      await this.#channel.transients.distribute(proposal.txId, this.mspId, simulated.privateWrites);
    }
    const endorsement = new peer.Endorsement();
    endorsement.setEndorser(this.#signer.bytes);
    const signature = this.#signer.sign(Buffer.concat([payload, this.#signer.bytes]));
    this.#channel.ownEndorsements.remember(payload, this.#signer.bytes, signature);
    endorsement.setSignature(signature);
    response.setVersion(1);
    response.setEndorsement(endorsement);
    return { response, interest };
  }

  #version(chaincode: string): string {
    if (chaincode === 'qscc') return 'syscc';
    const definition = this.#channel.definitions.definition(chaincode);
    if (definition !== undefined) return definition.version;
    throw new Error(
      `make sure the chaincode ${chaincode} has been successfully defined on channel ${this.#channel.name} ` +
        `and try again: chaincode ${chaincode} not found`,
    );
  }

  async #execute(invocation: Invocation, proposal: UnpackedProposal): Promise<ExecutionResult> {
    if (proposal.input.getIsInit()) {
      throw new Error(
        `error in simulation: failed to execute transaction ${proposal.txId}: invalid invocation: ` +
          `chaincode '${proposal.chaincode}' does not require initialization but called as init`,
      );
    }
    try {
      if (proposal.chaincode === 'qscc') return runQscc(this.#channel, proposal.input);
      return await this.#connection(proposal.chaincode).execute(invocation, proposal.input);
    } catch (error) {
      throw new Error(`error in simulation: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #connection(chaincode: string): ChaincodeConnection {
    const connection = this.#chaincodes.get(chaincode);
    if (connection !== undefined) return connection;
    throw new Error(`chaincode definition for '${chaincode}' exists, but chaincode is not installed`);
  }

  /** `target` is `name[:version][/channel]`. Another channel is read only: its simulation is thrown away. */
  async #callChaincode(
    caller: Invocation,
    target: string,
    input: peer.ChaincodeInput,
  ): Promise<StreamMessage> {
    const [instance = '', channelId = this.#channel.name] = target.split(/\/(.*)/s);
    const name = instance.split(':')[0] ?? '';
    if (channelId === this.#channel.name) return this.#connectionFor(name).invoke(caller, input);
    const other = this.#findChannel(channelId);
    const endorser = other?.endorsers.get(this.mspId);
    if (other === undefined || endorser === undefined) {
      throw new Error(`failed to find ledger for channel: ${channelId}`);
    }
    other.requireWriter(caller.creator);
    const simulator = new TxSimulator(other.ledger, other.definitions, this.mspId, caller.txId);
    const history = openHistory(other.ledger);
    const invocation: Invocation = {
      ...caller,
      channelId,
      simulator,
      history: history.reader,
      definitions: other.definitions,
      invoke: (nextTarget, nextInput) => endorser.#callChaincode(invocation, nextTarget, nextInput),
    };
    try {
      return await endorser.#connectionFor(name).invoke(invocation, input);
    } finally {
      simulator.done();
      history.release();
    }
  }

  #connectionFor(name: string): ChaincodeConnection {
    if (this.#channel.definitions.definition(name) === undefined) {
      throw new Error(
        `execute failed: invalid invocation: [channel ${this.#channel.name}] failed to get chaincode container info ` +
          `for ${name}: chaincode ${name} not found`,
      );
    }
    return this.#connection(name);
  }

  #responsePayload(
    proposal: UnpackedProposal,
    version: string,
    result: ExecutionResult,
    simulated: SimulationResults,
  ): Uint8Array {
    const chaincodeId = new peer.ChaincodeID();
    chaincodeId.setName(proposal.chaincode);
    chaincodeId.setVersion(version);
    const action = new peer.ChaincodeAction();
    action.setResults(simulated.rwset);
    if (result.event !== undefined) action.setEvents(result.event.serializeBinary());
    action.setResponse(result.response);
    action.setChaincodeId(chaincodeId);
    const payload = new peer.ProposalResponsePayload();
    payload.setProposalHash(proposal.hash);
    payload.setExtension$(action.serializeBinary());
    return payload.serializeBinary();
  }
}

function errorResponse(message: string): peer.Response {
  const response = new peer.Response();
  response.setStatus(PEER_ERROR);
  response.setMessage(message);
  return response;
}
