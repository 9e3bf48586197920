/** gRPC errors as the gateway service gives them, with the details that `GatewayError.details` shows. */
import { Metadata, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { gateway, google } from '@hyperledger/fabric-protos';
import anyMessages from 'google-protobuf/google/protobuf/any_pb.js';

/** What one endorser or the orderer said. */
export interface ErrorDetail {
  readonly address: string;
  readonly mspId: string;
  readonly message: string;
}

export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: status;
  readonly errorDetails: readonly ErrorDetail[];

  constructor(code: status, message: string, errorDetails: readonly ErrorDetail[] = []) {
    super(message);
    this.code = code;
    this.errorDetails = errorDetails;
  }
}

function detailsMetadata(error: RpcError): Metadata {
  const rpcStatus = new google.rpc.Status();
  rpcStatus.setCode(error.code);
  rpcStatus.setMessage(error.message);
  rpcStatus.setDetailsList(
    error.errorDetails.map(({ address, mspId, message }) => {
      const detail = new gateway.ErrorDetail();
      detail.setAddress(address);
      detail.setMspId(mspId);
      detail.setMessage(message);
      const any = new anyMessages.Any();
      any.pack(detail.serializeBinary(), 'gateway.ErrorDetail');
      return any;
    }),
  );
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(rpcStatus.serializeBinary()));
  return metadata;
}

/**
 * The error that ends a call; what is not an RpcError is a fault of this peer and says so as INTERNAL. Its text may repeat what a
 * caller or a contract wrote: it goes out as text that every transport can carry.
 */
export function toServiceError(error: unknown): ServiceError {
  const known =
    error instanceof RpcError
      ? error
      : new RpcError(status.INTERNAL, error instanceof Error ? error.message : String(error));
  const text = Buffer.from(known.message).toString();
  return Object.assign(new Error(text), {
    code: known.code,
    details: text,
    metadata: detailsMetadata(known),
  });
}

export const NOT_MODELLED = 'is not modelled by the embedded development peer; use the native network for it';
