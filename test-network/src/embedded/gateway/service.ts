/** The `gateway.Gateway` service of one organisation's peer. Spec: Fabric `internal/pkg/gateway`. */
import { status } from '@grpc/grpc-js';
import type {
  sendUnaryData,
  ServerUnaryCall,
  ServerWritableStream,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { common, gateway, peer } from '@hyperledger/fabric-protos';
import { BroadcastError } from '../channel.ts';
import type { Channel, TransactionStatus } from '../channel.ts';
import { unpackProposal } from '../endorser/proposal.ts';
import type { UnpackedProposal } from '../endorser/proposal.ts';
import { IdentityError, verifySignature } from '../identity/msp.ts';
import { EndorsementService } from './endorse.ts';
import type { PeerAddresses } from './endorse.ts';
import { NOT_MODELLED, RpcError, toServiceError } from './errors.ts';
import { decode } from './malformed.ts';
import { streamChaincodeEvents } from './chaincode-events.ts';

const UNMODELLED_CHAINCODES = ['cscc', 'lscc', '_lifecycle'];
const BROADCAST_CODES = new Map<string, number>(Object.entries(common.Status));

export interface GatewayParts {
  readonly mspId: string;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly addresses: PeerAddresses;
  /** `peer.limits.concurrency.gatewayService`. */
  readonly concurrency: number;
}

type Answer<T> = T | Promise<T>;

export class GatewayService {
  readonly #parts: GatewayParts;
  readonly #endorsement = new Map<string, EndorsementService>();
  #running = 0;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    for (const [name, channel] of parts.channels) {
      this.#endorsement.set(name, new EndorsementService(channel, parts.mspId, parts.addresses));
    }
  }

  get implementation(): UntypedServiceImplementation {
    return {
      evaluate: this.#unary((request: gateway.EvaluateRequest) => this.#evaluate(request)),
      endorse: this.#unary((request: gateway.EndorseRequest) => this.#endorse(request)),
      submit: this.#unary((request: gateway.SubmitRequest) => this.#submit(request)),
      commitStatus: this.#unary((request: gateway.SignedCommitStatusRequest, cancelled) =>
        this.#commitStatus(request, cancelled),
      ),
      chaincodeEvents: (
        call: ServerWritableStream<gateway.SignedChaincodeEventsRequest, gateway.ChaincodeEventsResponse>,
      ) => {
        void this.#chaincodeEvents(call);
      },
    };
  }

  #enter(): void {
    const { concurrency } = this.#parts;
    if (this.#running >= concurrency) {
      throw new RpcError(
        status.UNKNOWN,
        `too many requests for /gateway.Gateway, exceeding concurrency limit (${concurrency})`,
      );
    }
    this.#running += 1;
  }

  #unary<Request, Response>(serve: (request: Request, cancelled: Promise<void>) => Answer<Response>) {
    return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
      try {
        this.#enter();
      } catch (error) {
        callback(toServiceError(error));
        return;
      }
      const cancelled = new Promise<void>((resolve) => call.once('cancelled', resolve));
      const settle = async (): Promise<void> => {
        try {
          callback(null, await serve(call.request, cancelled));
        } catch (error) {
          callback(toServiceError(error));
        } finally {
          this.#running -= 1;
        }
      };
      void settle();
    };
  }

  #unpack(signed: peer.SignedProposal | undefined): {
    proposal: UnpackedProposal;
    service: EndorsementService;
  } {
    let proposal: UnpackedProposal;
    try {
      proposal = unpackProposal(signed ?? new peer.SignedProposal());
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new RpcError(status.INVALID_ARGUMENT, `failed to unpack transaction proposal: ${reason}`);
    }
    const service = this.#endorsement.get(proposal.channelId);
    if (service === undefined) {
      throw new RpcError(status.UNAVAILABLE, `failed to get config for channel [${proposal.channelId}]`);
    }
    if (UNMODELLED_CHAINCODES.includes(proposal.chaincode)) {
      throw new RpcError(status.UNIMPLEMENTED, `system chaincode ${proposal.chaincode} ${NOT_MODELLED}`);
    }
    return { proposal, service };
  }

  async #evaluate(request: gateway.EvaluateRequest): Promise<gateway.EvaluateResponse> {
    const { proposal, service } = this.#unpack(request.getProposedTransaction());
    const response = new gateway.EvaluateResponse();
    response.setResult(await service.evaluate(proposal, request.getTargetOrganizationsList()));
    return response;
  }

  async #endorse(request: gateway.EndorseRequest): Promise<gateway.EndorseResponse> {
    const { proposal, service } = this.#unpack(request.getProposedTransaction());
    const response = new gateway.EndorseResponse();
    response.setPreparedTransaction(await service.endorse(proposal, request.getEndorsingOrganizationsList()));
    return response;
  }

  #submit(request: gateway.SubmitRequest): gateway.SubmitResponse {
    const envelope = request.getPreparedTransaction();
    if (envelope === undefined)
      throw new RpcError(status.INVALID_ARGUMENT, 'a prepared transaction is required');
    if (envelope.getSignature_asU8().length === 0) {
      throw new RpcError(status.INVALID_ARGUMENT, 'prepared transaction must be signed');
    }
    const channel = this.#channel(request.getChannelId());
    try {
      channel.broadcast(envelope.serializeBinary());
    } catch (error) {
      if (!(error instanceof BroadcastError)) throw error;
      if (error.status === 'NOT_IMPLEMENTED') throw new RpcError(status.UNIMPLEMENTED, error.message);
      const refused = (BROADCAST_CODES.get(error.status) ?? 500) < 500;
      throw new RpcError(
        refused ? status.ABORTED : status.UNAVAILABLE,
        refused
          ? `received unsuccessful response from orderer: status=${error.status}, info=${error.message}`
          : 'no orderers could successfully process transaction',
        [{ address: 'embedded orderer', mspId: this.#parts.mspId, message: error.message }],
      );
    }
    return new gateway.SubmitResponse();
  }

  #channel(channelId: string): Channel {
    const channel = this.#parts.channels.get(channelId);
    if (channel === undefined) throw new RpcError(status.NOT_FOUND, `channel ${channelId} not found`);
    return channel;
  }

  /** Any member may read; the request is signed by the identity that it names. */
  #requireReader(channel: Channel, identity: Uint8Array, request: Uint8Array, signature: Uint8Array): void {
    const denied = (reason: string): never => {
      throw new RpcError(status.PERMISSION_DENIED, `access denied on channel ${channel.name}: ${reason}`);
    };
    try {
      const reader = channel.msps.deserialize(identity);
      if (!verifySignature(reader, request, signature)) denied('the signature is not valid');
      if (reader.role === undefined) denied('the identity has no role');
    } catch (error) {
      if (error instanceof IdentityError) denied(error.message);
      throw error;
    }
  }

  async #commitStatus(
    signed: gateway.SignedCommitStatusRequest,
    cancelled: Promise<void>,
  ): Promise<gateway.CommitStatusResponse> {
    const request = decode('the commit status request', () =>
      gateway.CommitStatusRequest.deserializeBinary(signed.getRequest_asU8()),
    );
    const txId = request.getTransactionId();
    if (request.getChannelId() === '') throw new RpcError(status.INVALID_ARGUMENT, 'no channel ID provided');
    if (txId === '') throw new RpcError(status.INVALID_ARGUMENT, 'transaction ID should not be empty');
    const channel = this.#channel(request.getChannelId());
    this.#requireReader(
      channel,
      request.getIdentity_asU8(),
      signed.getRequest_asU8(),
      signed.getSignature_asU8(),
    );
    const found = channel.status(txId) ?? (await waitForCommit(channel, txId, cancelled));
    const response = new gateway.CommitStatusResponse();
    response.setResult(found.code);
    response.setBlockNumber(found.block);
    return response;
  }

  async #chaincodeEvents(
    call: ServerWritableStream<gateway.SignedChaincodeEventsRequest, gateway.ChaincodeEventsResponse>,
  ): Promise<void> {
    try {
      this.#enter();
    } catch (error) {
      call.emit('error', toServiceError(error));
      return;
    }
    try {
      const signed = call.request;
      const request = decode('the chaincode events request', () =>
        gateway.ChaincodeEventsRequest.deserializeBinary(signed.getRequest_asU8()),
      );
      const channel = this.#channel(request.getChannelId());
      this.#requireReader(
        channel,
        request.getIdentity_asU8(),
        signed.getRequest_asU8(),
        signed.getSignature_asU8(),
      );
      await streamChaincodeEvents(channel.ledger, request, call);
      call.end();
    } catch (error) {
      call.emit('error', toServiceError(error));
    } finally {
      this.#running -= 1;
    }
  }
}

function waitForCommit(channel: Channel, txId: string, cancelled: Promise<void>): Promise<TransactionStatus> {
  return new Promise((resolve, reject) => {
    const stop = channel.onCommitted(txId, resolve);
    void cancelled.then(() => {
      stop();
      reject(new RpcError(status.CANCELLED, 'the client went away'));
    });
  });
}
