/** Evaluate and Endorse of the gateway service. Spec: Fabric `internal/pkg/gateway/{evaluate,endorse}.go`. */
import { status } from '@grpc/grpc-js';
import type { common } from '@hyperledger/fabric-protos';
import { peer } from '@hyperledger/fabric-protos';
import { AccessDeniedError } from '../channel.ts';
import type { Channel } from '../channel.ts';
import type { EndorserAnswer } from '../endorser/endorser.ts';
import type { ChaincodeCall } from '../endorser/interest.ts';
import { layouts, prepareTransaction } from '../endorser/plan.ts';
import { ProposalError } from '../endorser/proposal.ts';
import type { UnpackedProposal } from '../endorser/proposal.ts';
import type { Identity } from '../identity/msp.ts';
import { RpcError } from './errors.ts';
import type { ErrorDetail } from './errors.ts';

/** Where each organisation's peer listens, for error details. */
export type PeerAddresses = (mspId: string) => string;

interface Judged {
  readonly code: status;
  readonly message: string;
  readonly retry: boolean;
}

const FIRST_FAILED = 'failed to endorse transaction, see attached details for more info';
const SUCCESS: Judged = { code: status.OK, message: '', retry: false };

/** Spec: Fabric `apiutils.go` responseStatus. */
function judge({ response }: EndorserAnswer): Judged {
  const inner = response.getResponse();
  const code = inner?.getStatus() ?? 500;
  const message = inner?.getMessage() ?? '';
  if (code >= 200 && code < 400) return SUCCESS;
  if (response.getPayload_asU8().length === 0 && code === 500) {
    return { code: status.ABORTED, message, retry: true };
  }
  return { code: status.UNKNOWN, message: `chaincode response ${code}, ${message}`, retry: false };
}

export class EndorsementService {
  readonly #channel: Channel;
  readonly #localMspId: string;
  readonly #addresses: PeerAddresses;

  constructor(channel: Channel, localMspId: string, addresses: PeerAddresses) {
    this.#channel = channel;
    this.#localMspId = localMspId;
    this.#addresses = addresses;
  }

  /** Every peer of this process checks the same bytes by the same rules, so they are checked once. */
  #authorize(
    proposal: UnpackedProposal,
    refuse: (reason: string, details: ErrorDetail[]) => RpcError,
  ): Identity {
    const endorser = this.#channel.endorsers.get(this.#localMspId);
    if (endorser === undefined) throw new RpcError(status.UNAVAILABLE, `${this.#localMspId} has no peer`);
    try {
      return endorser.authorize(proposal);
    } catch (error) {
      if (error instanceof ProposalError || error instanceof AccessDeniedError) {
        throw refuse(error.message, [this.#detail(this.#localMspId, error.message)]);
      }
      throw error;
    }
  }

  #detail(mspId: string, message: string): ErrorDetail {
    return { address: this.#addresses(mspId), mspId, message };
  }

  #running(chaincode: string): string[] {
    return [...this.#channel.endorsers.values()]
      .filter((each) => each.runs(chaincode))
      .map(({ mspId }) => mspId);
  }

  async #process(mspId: string, proposal: UnpackedProposal, creator: Identity): Promise<EndorserAnswer> {
    const endorser = this.#channel.endorsers.get(mspId);
    if (endorser === undefined) throw new RpcError(status.UNAVAILABLE, `${mspId} has no peer`);
    return endorser.process(proposal, creator);
  }

  async evaluate(proposal: UnpackedProposal, targets: readonly string[]): Promise<peer.Response> {
    const creator = this.#authorize(
      proposal,
      (reason, found) =>
        new RpcError(
          status.FAILED_PRECONDITION,
          `evaluate call to endorser returned error: ${reason}`,
          found,
        ),
    );
    const protectsTransient = proposal.hasTransient && targets.length === 0;
    const allowed = protectsTransient ? [this.#localMspId] : targets;
    const peers = this.#running(proposal.chaincode)
      .filter((mspId) => allowed.length === 0 || allowed.includes(mspId))
      .sort((a, b) => Number(b === this.#localMspId) - Number(a === this.#localMspId));
    if (peers.length === 0) {
      const reason = `no peers available to evaluate chaincode ${proposal.chaincode} in channel ${this.#channel.name}`;
      throw new RpcError(
        status.FAILED_PRECONDITION,
        protectsTransient
          ? `no endorsers found in the gateway's organization; retry specifying target organization(s) to protect transient data: ${reason}`
          : reason,
      );
    }
    const details: ErrorDetail[] = [];
    let lastCode = status.UNAVAILABLE;
    for (const mspId of peers) {
      const answer = await this.#process(mspId, proposal, creator);
      const judged = judge(answer);
      if (judged.code === status.OK) return answer.response.getResponse() ?? new peer.Response();
      details.push(this.#detail(mspId, judged.message));
      lastCode = judged.code;
      if (!judged.retry) {
        throw new RpcError(
          judged.code,
          `evaluate call to endorser returned error: ${judged.message}`,
          details,
        );
      }
    }
    throw new RpcError(
      lastCode,
      'failed to evaluate transaction, see attached details for more info',
      details,
    );
  }

  async endorse(proposal: UnpackedProposal, organizations: readonly string[]): Promise<common.Envelope> {
    const creator = this.#authorize(
      proposal,
      (_, found) => new RpcError(status.ABORTED, FIRST_FAILED, found),
    );
    const collector = new Collector();
    let plans: (readonly string[])[];
    if (organizations.length > 0) {
      const running = this.#running(proposal.chaincode);
      const missing = organizations.filter((mspId) => !running.includes(mspId));
      if (missing.length > 0) {
        throw new RpcError(
          status.UNAVAILABLE,
          `failed to find any endorsing peers for org(s): ${missing.join(', ')}`,
        );
      }
      plans = [[...new Set(organizations)]];
    } else {
      plans = await this.#planFromFirst(proposal, creator, collector);
    }
    const details: ErrorDetail[] = [];
    for (const plan of plans) {
      const wanted = plan.filter((mspId) => !collector.has(mspId) && !collector.failed.has(mspId));
      if (plan.some((mspId) => collector.failed.has(mspId))) continue;
      await Promise.all(
        wanted.map(async (mspId) => {
          const answer = await this.#process(mspId, proposal, creator);
          const judged = judge(answer);
          const message = judged.code === status.OK ? collector.add(mspId, answer.response) : judged.message;
          if (message === undefined) return;
          collector.failed.add(mspId);
          details.push(this.#detail(mspId, message));
        }),
      );
      const endorsements = collector.endorsementsOf(plan);
      if (endorsements === undefined) continue;
      return prepareTransaction(proposal.header, proposal.publicPayload, collector.payload, endorsements);
    }
    throw new RpcError(
      status.ABORTED,
      'failed to collect enough transaction endorsements, see attached details for more info',
      details,
    );
  }

  /** Endorses at one peer, its own organisation's if it can, and plans by the policies that the result touches. */
  async #planFromFirst(
    proposal: UnpackedProposal,
    creator: Identity,
    collector: Collector,
  ): Promise<(readonly string[])[]> {
    const running = this.#running(proposal.chaincode);
    let first: string | undefined = this.#localMspId;
    if (!running.includes(first)) {
      if (proposal.hasTransient) {
        throw new RpcError(
          status.FAILED_PRECONDITION,
          "no endorsers found in the gateway's organization; retry specifying endorsing organization(s) to protect transient data",
        );
      }
      first = this.#layouts([defaultCall(proposal.chaincode)], '')[0]?.[0];
      if (first === undefined) throw this.#noCombination();
    }
    const answer = await this.#process(first, proposal, creator);
    const judged = judge(answer);
    if (judged.code !== status.OK) {
      throw new RpcError(status.ABORTED, FIRST_FAILED, [this.#detail(first, judged.message)]);
    }
    collector.add(first, answer.response);
    const interest = answer.interest.length > 0 ? answer.interest : [defaultCall(proposal.chaincode)];
    const guarded = proposal.hasTransient
      ? interest.map((call) => ({ ...call, noPrivateReads: false }))
      : interest;
    const found = this.#layouts(guarded, first);
    if (found.length > 0) return found;
    const protectedCollections = interest.flatMap(({ collection, noPrivateReads }) =>
      collection !== undefined && noPrivateReads && proposal.hasTransient ? [collection] : [],
    );
    if (protectedCollections.length > 0 && this.#layouts(interest, first).length > 0) {
      throw new RpcError(
        status.FAILED_PRECONDITION,
        'requires endorsement from organisation(s) that are not in the distribution policy of the private data ' +
          `collection(s): [${protectedCollections.join(' ')}]; retry specifying trusted endorsing organizations to protect transient data`,
      );
    }
    throw this.#noCombination();
  }

  #layouts(calls: readonly ChaincodeCall[], preferred: string): (readonly string[])[] {
    return this.#channel.layouts(calls, preferred, () => layouts(this.#channel, calls, preferred));
  }

  #noCombination(): RpcError {
    return new RpcError(
      status.FAILED_PRECONDITION,
      'no combination of peers can be derived which satisfy the endorsement policy: no peer combination can satisfy the endorsement policy',
    );
  }
}

function defaultCall(chaincode: string): ChaincodeCall {
  return { chaincode, keyPolicies: [], disregardNamespacePolicy: false, noPrivateReads: false };
}

/** Endorsements so far; all must be over the same bytes. */
class Collector {
  payload: Uint8Array = new Uint8Array();
  readonly failed = new Set<string>();
  readonly #endorsements = new Map<string, peer.Endorsement>();

  /** Takes an endorsement in; returns what is wrong with it otherwise. */
  add(mspId: string, response: peer.ProposalResponse): string | undefined {
    const payload = response.getPayload_asU8();
    if (this.payload.length === 0) this.payload = payload;
    if (Buffer.compare(this.payload, payload) !== 0) return 'ProposalResponsePayloads do not match';
    const endorsement = response.getEndorsement();
    if (endorsement === undefined) return 'the peer did not endorse';
    this.#endorsements.set(mspId, endorsement);
    return undefined;
  }

  has(mspId: string): boolean {
    return this.#endorsements.has(mspId);
  }

  endorsementsOf(plan: readonly string[]): peer.Endorsement[] | undefined {
    const found = plan.flatMap((mspId) => this.#endorsements.get(mspId) ?? []);
    return found.length === plan.length ? found : undefined;
  }
}
